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
  if (!link.configured && (view.id.empty() || std::ranges::any_of(links_, is_same))) {
    useless_[link.address.name()] = asked + kUselessFor;
    return false;
  }
  link.id = view.id;
  link.view = view;
  link.asked = asked;
  return true;
}

/// Without an id, its link.
std::string SentinelCouncil::identityOf(std::size_t number, const Link& link) const {
  return link.id.empty() ? "#" + std::to_string(number) : link.id;
}

/// What each of those who are fresh said last.
SentinelCouncil::Voices SentinelCouncil::voices(SteadyTime now) const {
  Voices voices;
  for (const auto& [number, link] : links_) {
    if (!isFresh(link, now)) continue;
    const Link*& latest = voices.emplace(identityOf(number, link), &link).first->second;
    if (link.asked > latest->asked) latest = &link;
  }
  return voices;
}

SentinelCouncil::Verdict SentinelCouncil::verdict(SteadyTime now) const {
  Verdict verdict;
  std::set<std::string> configured;
  for (const auto& [number, link] : links_) {
    if (link.configured) configured.insert(identityOf(number, link));
    if (isFresh(link, now)) verdict.known = std::max(verdict.known, link.view->others + 1);
  }
  const Voices said = voices(now);
  verdict.known = std::max(verdict.known, configured.size());
  verdict.reached = said.size();
  const std::size_t majority = verdict.known / 2 + 1;
  if (said.size() < majority) return verdict;  // who comes back first may be the one that has not heard
  const Link* const chosen = choose(said);
  if (chosen == nullptr) return verdict;
  verdict.primary = chosen->view->primary;
  verdict.told_by = chosen->address.name();
  std::vector<SteadyTime> times;
  times.reserve(said.size());
  for (const auto& one : said) times.push_back(one.second->asked);
  std::ranges::sort(times, std::greater());
  verdict.vouched_until = times[majority - 1] + max_silence_;
  return verdict;
}

/// Whose word counts; null: they do not agree.
const SentinelCouncil::Link* SentinelCouncil::choose(const Voices& voices) {
  std::uint64_t epoch = 0;
  for (const auto& one : voices) epoch = std::max(epoch, one.second->view->config_epoch);
  std::vector<const Link*> latest;
  for (const auto& one : voices) {
    if (one.second->view->config_epoch == epoch) latest.push_back(one.second);
  }
  const auto leads = [](const Link* link) { return link->view->leads_failover; };
  if (!std::ranges::all_of(latest, leads)) std::erase_if(latest, leads);
  std::map<std::string, std::vector<const Link*>> names;
  for (const Link* const link : latest) names[link->view->primary.name()].push_back(link);
  const auto fewer = [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); };
  const auto most = std::ranges::max_element(names, fewer);
  const auto as_many = [&](const auto& one) { return one.second.size() == most->second.size(); };
  return std::ranges::count_if(names, as_many) == 1 ? most->second.front() : nullptr;
}

bool SentinelCouncil::isKnown(const SentinelView::Peer& peer) const {
  if (useless_.contains(peer.address.name())) return true;
  return std::ranges::any_of(links_, [&](const auto& one) {
    return one.second.id == peer.id || one.second.address.name() == peer.address.name();
  });
}

std::map<std::size_t, RedisAddress> SentinelCouncil::learn(SteadyTime now) {
  std::erase_if(useless_, [now](const auto& one) { return now >= one.second; });
  std::map<std::size_t, RedisAddress> learned;
  std::vector<SentinelView::Peer> peers;
  for (const auto& [number, link] : links_) {
    if (isFresh(link, now)) peers.insert(peers.end(), link.view->peers.begin(), link.view->peers.end());
  }
  for (SentinelView::Peer& peer : peers) {
    if (links_.size() >= kMostLinks || useless_.size() >= kMostUseless || isKnown(peer)) continue;
    learned.emplace(next_link_, peer.address);
    links_.emplace(next_link_++, Link{.address = std::move(peer.address)});
  }
  return learned;
}

}  // namespace sessiond
