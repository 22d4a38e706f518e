#include "redis/sentinel_council.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "base/check.h"

namespace sessiond {

SentinelCouncil::SentinelCouncil(std::vector<RedisAddress> configured, std::chrono::milliseconds max_silence)
    : max_silence_(max_silence) {
  for (RedisAddress& address : configured) {
    links_.emplace(next_link_++, Link{.address = std::move(address), .configured = true});
  }
}

bool SentinelCouncil::heard(std::size_t number, const SentinelView& view, SteadyTime asked) {
  const auto found = links_.find(number);
  SESSIOND_CHECK(found != links_.end());
  Link& link = found->second;
  const auto is_same = [&](const auto& other) { return other.first != number && other.second.id == view.id; };
  if (!link.configured && (view.id.empty() || std::ranges::any_of(links_, is_same))) return false;
  link.id = view.id;
  link.view = view;
  link.asked = asked;
  return true;
}

/// Without an id, its link.
std::string SentinelCouncil::identityOf(std::size_t number, const Link& link) const {
  return link.id.empty() ? "#" + std::to_string(number) : link.id;
}

SentinelCouncil::Verdict SentinelCouncil::verdict(SteadyTime now) const {
  Verdict verdict;
  std::map<std::string, SteadyTime> asked;  // by who was reached
  std::set<std::string> configured;
  for (const auto& [number, link] : links_) {
    const std::string identity = identityOf(number, link);
    if (link.configured) configured.insert(identity);
    if (!isFresh(link, now)) continue;
    SteadyTime& latest = asked.emplace(identity, link.asked).first->second;
    latest = std::max(latest, link.asked);
    verdict.known = std::max(verdict.known, link.view->others + 1);
  }
  verdict.known = std::max(verdict.known, configured.size());
  verdict.reached = asked.size();
  const std::size_t majority = verdict.known / 2 + 1;
  if (asked.size() < majority) return verdict;  // who comes back first may be the one that has not heard
  choosePrimary(verdict, now);
  std::vector<SteadyTime> times;
  times.reserve(asked.size());
  for (const auto& one : asked) times.push_back(one.second);
  std::ranges::sort(times, std::greater());
  verdict.vouched_until = times[majority - 1] + max_silence_;
  return verdict;
}

/// Of all that are fresh, of which there is one.
void SentinelCouncil::choosePrimary(Verdict& verdict, SteadyTime now) const {
  std::uint64_t epoch = 0;
  for (const auto& [number, link] : links_) {
    if (isFresh(link, now)) epoch = std::max(epoch, link.view->config_epoch);
  }
  std::map<std::string, std::set<std::string>> voices;  // by what they name
  for (const auto& [number, link] : links_) {
    if (!isFresh(link, now) || link.view->config_epoch != epoch) continue;
    const std::string name = link.view->primary.name();
    voices[name].insert(identityOf(number, link));
    const std::string chosen = verdict.primary ? verdict.primary->name() : "";
    const std::size_t before = verdict.primary ? voices[chosen].size() : 0;
    const std::size_t with_it = voices[name].size();
    if (name == chosen || with_it < before || (with_it == before && name != followed_)) continue;
    verdict.primary = link.view->primary;
    verdict.told_by = link.address.name();
  }
}

bool SentinelCouncil::isKnown(const SentinelView::Peer& peer) const {
  return std::ranges::any_of(links_, [&](const auto& one) {
    return one.second.id == peer.id || one.second.address.name() == peer.address.name();
  });
}

std::map<std::size_t, RedisAddress> SentinelCouncil::learn(SteadyTime now) {
  std::map<std::size_t, RedisAddress> learned;
  std::vector<SentinelView::Peer> peers;
  for (const auto& [number, link] : links_) {
    if (isFresh(link, now)) peers.insert(peers.end(), link.view->peers.begin(), link.view->peers.end());
  }
  for (SentinelView::Peer& peer : peers) {
    if (links_.size() >= kMostLinks || isKnown(peer)) continue;
    learned.emplace(next_link_, peer.address);
    links_.emplace(next_link_++, Link{.address = std::move(peer.address)});
  }
  return learned;
}

}  // namespace sessiond
