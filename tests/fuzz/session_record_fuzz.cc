// A stored value, as anybody who may write to Redis can make it; and the same bytes as a merge patch. What is read
// must be well-formed text, what is sent must be safe, and what is written must be read back as the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "json/json_duplicates.h"
#include "json/json_text.h"
#include "json/json_tree.h"
#include "session/facts_extractor.h"
#include "session/public_view.h"
#include "session/session_patch.h"

namespace sessiond {
namespace {

IdentityHeader header(std::string name, std::string from, IdentityEncoding encode) {
  IdentityHeader rule;
  rule.name = std::move(name);
  rule.from = std::move(from);
  rule.encode = encode;
  return rule;
}

const FactsExtractor& extractor() {
  static const FactsExtractor instance = [] {
    ExtractionRules rules;
    rules.identity = {header("X-Id", "/user/id", IdentityEncoding::kUtf8),
                      header("X-Roles", "/user/roles", IdentityEncoding::kUtf8),
                      header("X-Name", "/user/name", IdentityEncoding::kPercent),
                      header("X-User", "/user", IdentityEncoding::kBase64Url)};
    rules.identity_max_bytes = 200;
    rules.max_bytes = 64 * 1024;
    SessionPolicy policy;
    policy.roles_any = {"admin"};
    policy.match = {{"/user/id", "1"}};
    rules.policies = {policy, SessionPolicy{}};
    return FactsExtractor(rules);
  }();
  return instance;
}

std::string compact(JsonValue value) {
  std::string text;
  appendCompactJson(text, value);
  return text;
}

// REQUIRES: json is well-formed and not too deep.
std::string compact(std::string_view json) {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  SESSIOND_CHECK(tree.hasValue());
  return compact(tree->root());
}

void checkFacts(const SessionFacts& facts) {
  const std::string& lines = facts.identity.lines();
  if (facts.state != CheckStatus::kValid && facts.state != CheckStatus::kAnonymous) {
    SESSIOND_CHECK(lines.empty() && facts.policies_met == 0);
    return;
  }
  SESSIOND_CHECK(isValidUtf8(lines) && lines.size() <= 200 + 4 * 12);
  std::size_t headers = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == '\n') ++headers;
    const bool line_end = (lines[i] == '\r' && lines[i + 1] == '\n') || (lines[i] == '\n' && lines[i - 1] == '\r');
    SESSIOND_CHECK(static_cast<unsigned char>(lines[i]) >= 0x20 || line_end);
  }
  SESSIOND_CHECK(headers == 4);
  SESSIOND_CHECK(!facts.touch_ttl || facts.touch_ttl->count() > 0);
}

void checkTree(JsonValue root) {
  SESSIOND_CHECK(isValidUtf8(compact(root)));
  SESSIOND_CHECK(compact(compact(root)) == compact(root));
  SESSIOND_CHECK(compact(root.source()) == compact(root));
  if (root.isScalar()) return;
  for (const JsonChild& child : root.children()) {
    SESSIOND_CHECK(isValidUtf8(child.name));
    SESSIOND_CHECK(compact(child.value.source()) == compact(child.value));
  }
}

void checkWriting(std::string_view json, JsonValue root) {
  const bool object = root.kind() == JsonKind::kObject;
  SESSIOND_CHECK(publicView(json).has_value() == object);
  if (object) (void)compact(*publicView(json));
  const Expected<std::string, PatchError> same = patchSession(json, *MergePatch::parse("{}"));
  SESSIOND_CHECK(same.hasValue() == object);
  if (same) SESSIOND_CHECK(compact(*same) == compact(root));
  const auto patch = MergePatch::parse(json);
  if (!patch) return;
  const Expected<std::string, PatchError> merged = patchSession(json, *patch);
  if (merged) SESSIOND_CHECK(compact(*patchSession(*merged, *patch)) == compact(*merged));
  const Expected<std::string, PatchError> made = patchSession("{}", *patch);
  if (made) SESSIOND_CHECK(!hasDuplicateNames(JsonTree::parse(*made)->root()));
}

}  // namespace
}  // namespace sessiond

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  sessiond::checkFacts(sessiond::extractor().extract(json));
  const sessiond::Expected<sessiond::JsonTree, sessiond::JsonError> tree = sessiond::JsonTree::parse(json);
  if (!tree) return 0;
  sessiond::checkTree(tree->root());
  sessiond::checkWriting(json, tree->root());
  return 0;
}
