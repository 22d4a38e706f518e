#include "login/http_verifier.h"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"
#include "json/json_duplicates.h"
#include "json/json_repair.h"
#include "json/json_text.h"
#include "json/json_tree.h"
#include "login/curl_memory.h"

namespace sessiond {
namespace {

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlHeaders = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// What comes beyond the limit ends the transfer. Called from C, so nothing may be thrown: the room is there already.
std::size_t collect(char* bytes, std::size_t, std::size_t size, void* body) noexcept {
  std::string& collected = *static_cast<std::string*>(body);
  if (collected.size() + size > HttpVerifier::kMaxAnswerBytes) return 0;
  collected.append(bytes, size);
  return size;
}

/// Holds the password: to be wiped. It never grows, since that would leave copies behind.
std::string questionOf(const Credentials& credentials) {
  constexpr std::size_t kLongestEscape = 6;
  std::string question;
  question.reserve(64 + kLongestEscape *
                            (credentials.name.size() + credentials.password.size() + credentials.address.size()));
  question += "{\"user\":";
  appendJsonString(question, credentials.name);
  question += ",\"password\":";
  appendJsonString(question, credentials.password);
  question += ",\"address\":";
  appendJsonString(question, credentials.address);
  question += '}';
  return question;
}

void addHeader(CurlHeaders& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(headers.release());
  headers.reset(longer);
}

}  // namespace

std::optional<User> userIn(std::string_view answer) {
  if (!isReadAsItStands(answer)) return std::nullopt;
  const auto tree = JsonTree::parse(answer);
  if (!tree || tree->root().kind() != JsonKind::kObject || hasDuplicateNames(tree->root())) return std::nullopt;
  const std::optional<JsonValue> id = tree->root().member("id");
  if (!id || (id->kind() != JsonKind::kString && id->kind() != JsonKind::kNumber) || id->text().empty())
    return std::nullopt;
  return User{.json = std::string(tree->root().source())};
}

bool isOfAnOutage(long status) {
  return status == 429 || (status >= 502 && status <= 504);
}

HttpVerifier::HttpVerifier(const HttpVerifierSettings& settings, const HmacKey& log_key, const Clock& clock)
    : settings_(settings),
      address_([&settings] {
        auto address = parseVerifierAddress(settings.url);
        SESSIOND_CHECK(address.hasValue());
        return *std::move(address);
      }()),
      log_key_(log_key),
      clock_(clock) {
  prepareCurl();
}

Expected<User, AuthenticationFailure> HttpVerifier::authenticate(const Credentials& credentials) {
  std::string question = questionOf(credentials);
  const SteadyTime asked = clock_.steadyNow();
  const Expected<Answer, NoAnswer> answer = ask(question);
  wipeString(question);
  if (!answer) return Unexpected(cannotTell(credentials, answer.error().problem, answer.error().looked_at));
  if (answer->status == 401 || answer->status == 403) {
    refusals_.note(clock_.steadyNow() - asked);
    return Unexpected(AuthenticationFailure::kWrongPassword);
  }
  if (answer->status != 200) {
    const std::string problem = "it answered with status " + std::to_string(answer->status);
    return Unexpected(cannotTell(credentials, problem, !isOfAnOutage(answer->status)));
  }
  if (std::optional<User> user = userIn(answer->body)) return *std::move(user);
  return Unexpected(cannotTell(credentials, "its answer is no JSON object with an id, or no UTF-8", true));
}

AuthenticationFailure HttpVerifier::cannotTell(const Credentials& credentials, std::string_view problem,
                                               bool looked_at) {
  if (const auto count = failures_.count(clock_.steadyNow())) {
    std::string said =
        "login: the application at login.http_verifier.url cannot tell who this is; the login is refused with 503";
    if (looked_at) said += " and counts as a try; let the application answer a wrong password with 401, in time";
    logError(said, {{"user", pseudonym(log_key_, credentials.name)}, {"problem", problem}, {"count", *count}});
  }
  return looked_at ? AuthenticationFailure::kNoVerdict : AuthenticationFailure::kUnavailable;
}

void HttpVerifier::passTheTimeOfARefusal() {
  std::this_thread::sleep_for(refusals_.any());
}

Expected<HttpVerifier::Answer, HttpVerifier::NoAnswer> HttpVerifier::ask(std::string_view question) const {
  const CurlHandle handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) return Unexpected(NoAnswer{.problem = "no memory", .looked_at = false});
  CURL* const curl = handle.get();
  CurlHeaders headers(nullptr, curl_slist_free_all);
  for (const char* line : {"Content-Type: application/json", "Accept: application/json", "Expect:"})
    addHeader(headers, line);
  if (!settings_.token.empty()) {
    std::string line = "Authorization: Bearer " + std::string(settings_.token.reveal());
    addHeader(headers, line);
    wipeString(line);
  }
  Answer answer;
  answer.body.reserve(kMaxAnswerBytes);
  std::array<char, CURL_ERROR_SIZE> reason{};
  const auto set = [curl](CURLoption option, auto value) {
    SESSIOND_CHECK(curl_easy_setopt(curl, option, value) == CURLE_OK);
  };
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_URL, address_.url.c_str());
  if (!address_.socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, address_.socket.c_str());
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // not even one that the environment names
  set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout.count()));
  // When the time is over, libcurl (7.88) would wait for its thread that looks the name up, and a silent name server
  // keeps that for tens of seconds. So the thread ends by itself (http_verifier_test.cc).
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_USERAGENT, (std::string("sessiond/") + std::string(kVersion)).c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(question.size()));
  set(CURLOPT_POSTFIELDS, question.data());
  set(CURLOPT_WRITEFUNCTION, collect);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
  if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  if (code == CURLE_OK) return answer;
  long sent = 0;  // of the request, in bytes
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  std::string problem = reason[0] != '\0' ? reason.data() : curl_easy_strerror(code);
  if (code == CURLE_WRITE_ERROR) problem = "its answer is larger than " + std::to_string(kMaxAnswerBytes) + " bytes";
  // The status is known of an answer that ended badly, too.
  return Unexpected(NoAnswer{.problem = std::move(problem), .looked_at = sent > 0 && !isOfAnOutage(answer.status)});
}

}  // namespace sessiond
