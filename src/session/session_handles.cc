#include "session/session_handles.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"

namespace sessiond {
namespace {

constexpr std::size_t kBytes = 8;  // 16 characters

std::string handleBy(const HmacKey& key, const SessionId& id) {
  return hexEncode(asBytes(key.sign(id.bytes())).substr(0, kBytes));
}

}  // namespace

SessionHandles::SessionHandles(std::span<const Secret> secrets) {
  SESSIOND_CHECK(!secrets.empty());
  for (const Secret& secret : secrets) keys_.push_back(deriveKey(secret, "sessiond session handles 1"));
}

std::string SessionHandles::of(const SessionId& id) const {
  return handleBy(keys_.front(), id);
}

std::vector<std::string> SessionHandles::all(const SessionId& id) const {
  std::vector<std::string> handles;
  handles.reserve(keys_.size());
  for (const HmacKey& key : keys_) handles.push_back(handleBy(key, id));
  return handles;
}

bool SessionHandles::means(std::string_view handle, const SessionId& id) const {
  return std::ranges::any_of(keys_, [&](const HmacKey& key) { return handleBy(key, id) == handle; });
}

bool SessionHandles::canBe(std::string_view text) {
  return text.size() == 2 * kBytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace sessiond
