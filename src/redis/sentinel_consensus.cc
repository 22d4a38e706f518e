#include "redis/sentinel_consensus.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "base/check.h"

namespace sessiond {

SentinelConsensus::SentinelConsensus(std::vector<RedisAddress> configured, std::chrono::milliseconds max_silence)
    : max_silence_(max_silence) {
  for (RedisAddress& address : configured) {
    contacts_.emplace(next_contact_++, Contact{.address = std::move(address), .configured = true});
  }
}

bool SentinelConsensus::heard(std::size_t number, const SentinelView& view, SteadyTime asked) {
  const auto found = contacts_.find(number);
  SESSIOND_CHECK(found != contacts_.end());
  Contact& contact = found->second;
  const auto is_same = [&](const auto& other) { return other.first != number && other.second.id == view.id; };
  if (!contact.configured && (view.id.empty() || std::ranges::any_of(contacts_, is_same))) {
    useless_[contact.address.name()] = asked + kUselessFor;
    return false;
  }
  contact.id = view.id;
  contact.view = view;
  contact.asked = asked;
  return true;
}

/// Without an id, its contact.
std::string SentinelConsensus::identityOf(std::size_t number, const Contact& contact) const {
  return contact.id.empty() ? "#" + std::to_string(number) : contact.id;
}

/// What each of those who are fresh said last.
SentinelConsensus::Voices SentinelConsensus::voices(SteadyTime now) const {
  Voices voices;
  for (const auto& [number, contact] : contacts_) {
    if (!isFresh(contact, now)) continue;
    const Contact*& latest = voices.emplace(identityOf(number, contact), &contact).first->second;
    if (contact.asked > latest->asked) latest = &contact;
  }
  return voices;
}

SentinelConsensus::Verdict SentinelConsensus::verdict(SteadyTime now) const {
  Verdict verdict;
  std::set<std::string> configured;
  for (const auto& [number, contact] : contacts_) {
    if (contact.configured) configured.insert(identityOf(number, contact));
    if (isFresh(contact, now)) verdict.known = std::max(verdict.known, contact.view->others + 1);
  }
  const Voices said = voices(now);
  verdict.known = std::max(verdict.known, configured.size());
  verdict.reached = said.size();
  const std::size_t majority = verdict.known / 2 + 1;
  if (said.size() < majority) return verdict;  // who comes back first may be the one that has not heard
  const Contact* const chosen = choose(said);
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
const SentinelConsensus::Contact* SentinelConsensus::choose(const Voices& voices) {
  std::uint64_t epoch = 0;
  for (const auto& one : voices) epoch = std::max(epoch, one.second->view->config_epoch);
  std::vector<const Contact*> latest;
  for (const auto& one : voices) {
    if (one.second->view->config_epoch == epoch) latest.push_back(one.second);
  }
  const auto leads = [](const Contact* contact) { return contact->view->leads_failover; };
  if (!std::ranges::all_of(latest, leads)) std::erase_if(latest, leads);
  std::map<std::string, std::vector<const Contact*>> names;
  for (const Contact* const contact : latest) names[contact->view->primary.name()].push_back(contact);
  const auto fewer = [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); };
  const auto most = std::ranges::max_element(names, fewer);
  const auto as_many = [&](const auto& one) { return one.second.size() == most->second.size(); };
  return std::ranges::count_if(names, as_many) == 1 ? most->second.front() : nullptr;
}

bool SentinelConsensus::isKnown(const SentinelView::Peer& peer) const {
  if (useless_.contains(peer.address.name())) return true;
  return std::ranges::any_of(contacts_, [&](const auto& one) {
    return one.second.id == peer.id || one.second.address.name() == peer.address.name();
  });
}

std::size_t SentinelConsensus::add(const RedisAddress& address) {
  contacts_.emplace(next_contact_, Contact{.address = address});
  return next_contact_++;
}

std::vector<RedisAddress> SentinelConsensus::further() const {
  std::vector<RedisAddress> addresses;
  for (const auto& [number, contact] : contacts_) {
    if (!contact.configured) addresses.push_back(contact.address);
  }
  return addresses;
}

std::map<std::size_t, RedisAddress> SentinelConsensus::learn(SteadyTime now) {
  std::erase_if(useless_, [now](const auto& one) { return now >= one.second; });
  std::map<std::size_t, RedisAddress> learned;
  std::vector<SentinelView::Peer> peers;
  for (const auto& [number, contact] : contacts_) {
    if (isFresh(contact, now)) peers.insert(peers.end(), contact.view->peers.begin(), contact.view->peers.end());
  }
  for (const SentinelView::Peer& peer : peers) {
    if (contacts_.size() >= kMostContacts || useless_.size() >= kMostUseless || isKnown(peer)) continue;
    learned.emplace(add(peer.address), peer.address);
  }
  return learned;
}

}  // namespace sessiond
