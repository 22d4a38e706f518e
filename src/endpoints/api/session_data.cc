#include "endpoints/api/session_data.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "endpoints/api/api_answers.h"
#include "endpoints/media_type.h"
#include "endpoints/plain_answers.h"
#include "http/entity_tag.h"
#include "session/public_view.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPatchType = "application/merge-patch+json";

// Of writers that try at one time, one wins with each round; so as many as there are attempts are always served.
constexpr int kMaxAttempts = 100;
constexpr std::chrono::milliseconds kPatience = 2s;

/// Strong: it changes whenever the session's data does, and not when Express only writes a new `cookie.expires`. The
/// id is in it because the address is the same for every session.
std::string entityTagOf(const SessionId& id, std::string_view view) {
  std::string text = std::to_string(id.bytes().size()) + ":" + id.bytes();
  text += view;
  return "\"" + base64UrlEncode(asBytes(sha256(text)).substr(0, 16)) + "\"";
}

/// The session's data; what was found by SessionFinder is a JSON object.
std::string viewOf(std::string_view json) {
  std::optional<std::string> view = publicView(json);
  SESSIOND_CHECK(view.has_value());
  return *std::move(view);
}

Response dataAnswer(const SessionId& id, std::string_view json) {
  Response response = jsonAnswer(200, viewOf(json));
  response.add("ETag", entityTagOf(id, response.body));
  return response;
}

Response noSession(CheckStatus status) {
  if (refusalCode(status) == 503) return apiUnavailable();
  Response response = apiError(401, "unauthenticated", nameOf(status));
  response.add("X-Session-Status", nameOf(status));
  response.add("WWW-Authenticate", "Session");
  return response;
}

Response wrongType() {
  Response response = apiError(415, "unsupported_media_type", "a change is application/merge-patch+json");
  response.add("Accept-Patch", kPatchType);
  return response;
}

std::string_view whyInvalid(MergePatchError error) {
  switch (error) {
    case MergePatchError::kMalformed:
      return "the body is no JSON text in UTF-8";
    case MergePatchError::kNotAnObject:
      return "the body must be a JSON object";
    case MergePatchError::kDuplicateName:
      return "an object names a member twice";
    case MergePatchError::kTooDeep:
      return "the body is nested deeper than 64";
  }
  SESSIOND_CHECK(false);
}

Response badPatch(PatchError error) {
  switch (error) {
    case PatchError::kReservedName:
      return apiError(422, "reserved_name", "a top-level name is reserved, such as cookie, _sd, id or save");
    case PatchError::kReadOnly:
      return apiError(
          403, "read_only",
          "what user_at, roles_at, policies and identity look at is not changed here, see api.may_change_user");
    case PatchError::kCorruptSession:
      return noSession(CheckStatus::kCorrupt);
  }
  SESSIOND_CHECK(false);
}

}  // namespace

Response SessionDataEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  if (method == "GET" || method == "HEAD") return show(request);
  if (method == "PATCH") return change(request);
  return apiMethodNotAllowed("GET, HEAD, PATCH");
}

Response SessionDataEndpoint::show(const Request& request) const {
  const Expected<OpenSession, CheckStatus> session = parts_.finder.find(request);
  if (!session) return noSession(session.error());
  Response response = dataAnswer(session->id, session->json);
  const std::string_view known = request.paramOrEmpty("HTTP_IF_NONE_MATCH");
  if (!known.empty() && matchesWeakly(known, entityTagOf(session->id, response.body))) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

Response SessionDataEndpoint::change(const Request& request) const {
  if (mediaType(request.paramOrEmpty("CONTENT_TYPE")) != kPatchType) return wrongType();
  if (request.body.size() > kMaxApiBodyBytes) return apiError(413, "too_large", "the body is larger than 120 KiB");
  const SteadyTime deadline = parts_.clock.steadyNow() + kPatience;
  std::string written;
  Expected<OpenSession, CheckStatus> session = parts_.finder.find(request);
  for (int attempt = 0; attempt < kMaxAttempts && parts_.clock.steadyNow() < deadline; ++attempt) {
    if (!session) return noSession(session.error());
    // The last attempt was no failure: its answer was lost, and the store was asked again.
    if (!written.empty() && session->json == written) return dataAnswer(session->id, written);
    if (std::optional<Response> response = tryToChange(request, *session, written)) return *std::move(response);
    const SessionId id = session->id;
    session = parts_.finder.find(id);
  }
  return apiError(409, "conflict", "others kept changing the session; nothing was written");
}

std::optional<Response> SessionDataEndpoint::tryToChange(const Request& request, const OpenSession& session,
                                                         std::string& written) const {
  const std::string_view expected = request.paramOrEmpty("HTTP_IF_MATCH");
  if (!expected.empty() && !matchesStrongly(expected, entityTagOf(session.id, viewOf(session.json)))) {
    return apiError(412, "changed", "the session is no longer what If-Match names");
  }
  const Expected<MergePatch, MergePatchError> patch = MergePatch::parse(request.body);
  if (!patch) return apiError(400, "invalid_patch", whyInvalid(patch.error()));
  Expected<std::string, PatchError> next = patchSession(session.json, *patch, parts_.read_only);
  if (!next) return badPatch(next.error());
  if (next->size() > parts_.max_bytes) {
    return apiError(413, "too_large", "the session would become larger than session.max_bytes");
  }
  if (*next == session.json) return dataAnswer(session.id, session.json);
  const Expected<ReplaceOutcome, StoreError> outcome = parts_.store.replace(session.id, session.json, *next);
  written = *std::move(next);
  if (!outcome)
    return noSession(outcome.error() == StoreError::kCorrupt ? CheckStatus::kCorrupt : CheckStatus::kUnavailable);
  if (*outcome == ReplaceOutcome::kReplaced) return dataAnswer(session.id, written);
  // Changed, or gone: which of the two, and why, is found out by looking again.
  return std::nullopt;
}

}  // namespace sessiond
