#include "redis/redirect.h"

#include "base/parse.h"
#include "os/host_port.h"

namespace sessiond {
namespace {

/// SLOT HOST:PORT
std::optional<Redirect> parse(Redirect::Kind kind, std::string_view rest) {
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto slot = parseInteger<Slot>(rest.substr(0, space));
  const std::string_view address = rest.substr(space + 1);
  const std::size_t colon = address.rfind(':');
  if (!slot || *slot >= kSlots || colon == std::string_view::npos) return std::nullopt;
  const auto port = parseInteger<std::uint16_t>(address.substr(colon + 1));
  if (!port || *port == 0) return std::nullopt;
  Redirect redirect{.kind = kind, .slot = *slot, .address = {}};
  redirect.address.host = address.substr(0, colon);
  redirect.address.port = *port;
  return isPlace(redirect.address) ? std::optional(redirect) : std::nullopt;
}

}  // namespace

bool isPlace(const RedisAddress& address) {
  return address.host.empty() || parseHostPort(address.name());
}

std::optional<Redirect> redirectIn(const RedisReply& reply) {
  constexpr std::string_view kMoved = "MOVED ";
  constexpr std::string_view kAsk = "ASK ";
  if (reply.type != RedisReply::Type::kError) return std::nullopt;
  const std::string_view text = reply.text;
  if (text.starts_with("TRYAGAIN")) return Redirect{};
  if (text.starts_with(kMoved)) return parse(Redirect::Kind::kMoved, text.substr(kMoved.size()));
  if (text.starts_with(kAsk)) return parse(Redirect::Kind::kAsk, text.substr(kAsk.size()));
  return std::nullopt;
}

}  // namespace sessiond
