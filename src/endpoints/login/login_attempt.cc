#include "endpoints/login/login_attempt.h"

#include <optional>
#include <utility>

#include "base/encoding.h"
#include "endpoints/media_type.h"
#include "http/form.h"
#include "json/json_duplicates.h"
#include "json/json_repair.h"
#include "json/json_tree.h"

namespace sessiond {
namespace {

/// Whatever comes of it, the copies of what was typed go.
struct WipedFields {
  explicit WipedFields(std::string_view body) : fields(parseForm(body)) {}
  ~WipedFields() {
    if (fields) wipeForm(*fields);
  }
  WipedFields(const WipedFields&) = delete;
  WipedFields& operator=(const WipedFields&) = delete;

  std::optional<FormFields> fields;
};

struct WipedTree {
  explicit WipedTree(std::string_view body) : tree(JsonTree::parse(body)) {}
  ~WipedTree() {
    if (tree) (*tree).wipe();
  }
  WipedTree(const WipedTree&) = delete;
  WipedTree& operator=(const WipedTree&) = delete;

  Expected<JsonTree, JsonError> tree;
};

std::optional<LoginAttempt> readForm(std::string_view body) {
  const WipedFields wiped(body);
  const std::optional<FormFields>& fields = wiped.fields;
  if (!fields) return std::nullopt;
  for (const std::string_view name : {"user", "password", "rd", "csrf"}) {
    if (isRepeated(*fields, name)) return std::nullopt;
  }
  const auto user = formField(*fields, "user");
  const auto password = formField(*fields, "password");
  if (!user || !password) return std::nullopt;
  LoginAttempt attempt;
  attempt.user = *user;
  attempt.password = Secret(std::string(*password));
  attempt.rd = formField(*fields, "rd").value_or("");
  attempt.csrf = formField(*fields, "csrf").value_or("");
  return attempt;
}

/// A string member. False when it is there and no string.
bool readText(JsonValue object, std::string_view name, std::optional<std::string_view>& text) {
  const std::optional<JsonValue> member = object.member(name);
  if (!member) return true;
  if (member->kind() != JsonKind::kString) return false;
  text = member->text();
  return true;
}

std::optional<LoginAttempt> readJson(std::string_view body) {
  // JsonTree would make both good; two passwords must not become one by that.
  if (!isReadAsItStands(body)) return std::nullopt;
  const WipedTree wiped(body);
  const auto& tree = wiped.tree;
  if (!tree || tree->root().kind() != JsonKind::kObject || hasDuplicateNames(tree->root())) return std::nullopt;
  std::optional<std::string_view> user;
  std::optional<std::string_view> password;
  std::optional<std::string_view> rd;
  const JsonValue root = tree->root();
  if (!readText(root, "user", user) || !readText(root, "password", password) || !readText(root, "rd", rd) || !user ||
      !password)
    return std::nullopt;
  LoginAttempt attempt;
  attempt.format = LoginFormat::kJson;
  attempt.user = *user;
  attempt.password = Secret(std::string(*password));
  attempt.rd = rd.value_or("");
  return attempt;
}

}  // namespace

bool isJson(const Request& request) {
  return mediaType(request.paramOrEmpty("CONTENT_TYPE")) == "application/json";
}

Expected<LoginAttempt, LoginAttemptError> readLoginAttempt(const Request& request, NameCase name_case) {
  const bool json = isJson(request);
  if (!json && !isForm(request)) return Unexpected(LoginAttemptError::kUnsupportedType);
  if (request.body.size() > kMaxFormBytes) return Unexpected(LoginAttemptError::kTooLarge);
  std::optional<LoginAttempt> attempt = json ? readJson(request.body) : readForm(request.body);
  if (!attempt) return Unexpected(LoginAttemptError::kMalformed);
  std::optional<std::string> canonical = canonicalUserName(attempt->user, name_case);
  attempt->user = canonical ? *std::move(canonical) : std::string(trimUserName(attempt->user));
  return *std::move(attempt);
}

}  // namespace sessiond
