#include "endpoints/login/end_session_ticket.h"

#include "base/encoding.h"
#include "base/parse.h"

namespace sessiond {
namespace {

/// As it was first called: a key of another name takes no other instance's tickets.
constexpr std::string_view kPurpose = "sessiond room ticket 1";
constexpr std::size_t kMaxTicketBytes = 8 * 1024;

/// What is signed: when it ends, and whose it is.
std::string statement(std::string_view until, std::string_view user_id) {
  return std::string(until).append(":").append(user_id);
}

}  // namespace

EndSessionTickets::EndSessionTickets(std::span<const Secret> secrets, const Clock& clock)
    : keys_(secrets, kPurpose), clock_(clock) {}

std::string EndSessionTickets::issue(std::string_view user_id) const {
  const WallTime until = clock_.wallNow() + kLifetime;
  const std::string stated = statement(std::to_string(until.time_since_epoch().count()), user_id);
  return base64UrlEncode(asBytes(keys_.sign(stated))) + "." + base64UrlEncode(stated);
}

std::optional<std::string> EndSessionTickets::read(std::string_view ticket) const {
  const std::size_t dot = ticket.find('.');
  if (ticket.size() > kMaxTicketBytes || dot == std::string_view::npos) return std::nullopt;
  const std::optional<std::string> signature = base64UrlDecode(ticket.substr(0, dot));
  const std::optional<std::string> stated = base64UrlDecode(ticket.substr(dot + 1));
  if (!signature || !stated) return std::nullopt;
  const bool genuine = keys_.verifies(*stated, *signature);
  const std::size_t colon = stated->find(':');
  if (!genuine || colon == std::string::npos) return std::nullopt;
  const auto until = parseInteger<std::int64_t>(std::string_view(*stated).substr(0, colon));
  if (!until || clock_.wallNow() >= WallTime(std::chrono::milliseconds(*until))) return std::nullopt;
  return stated->substr(colon + 1);
}

}  // namespace sessiond
