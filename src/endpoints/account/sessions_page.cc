#include "endpoints/account/sessions_page.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "json/json_text.h"

namespace sessiond {
namespace {

PageValues rowOf(const ListedSession& session, std::size_t place, std::chrono::milliseconds in_use) {
  PageValues row;
  row.text("place", std::to_string(place)).text("handle", session.handle).flag("own", session.own);
  row.text("family", session.family).text("system", session.system);
  if (session.family.empty() && session.system.empty()) {
    row.message("program", "unknown_program");
  } else if (session.family.empty() || session.system.empty()) {
    row.text("program", session.family + session.system);
  } else {
    row.message("program", "program");
  }
  if (session.address.empty()) {
    row.message("address", "unknown_address");
  } else {
    row.text("address", session.address);
  }
  if (session.own || (session.idle && *session.idle <= in_use)) {
    row.message("used", "in_use");
  } else if (session.idle) {
    const Age age = ageOf(*session.idle);
    row.text("n", std::to_string(age.count)).message("ago", age.unit).message("used", "last_used");
  } else {
    row.message("used", "unknown_use");
  }
  if (session.created) {
    row.time("time", *session.created).message("begun", "begun");
  } else {
    row.message("begun", "begun_elsewhere");
  }
  return row;
}

void appendText(std::string& json, std::string_view name, std::string_view text) {
  json.append(",\"").append(name).append("\":");
  if (text.empty()) {
    json += "null";
  } else {
    appendJsonString(json, text);
  }
}

void appendTime(std::string& json, std::string_view name, std::optional<WallTime> time) {
  json.append(",\"").append(name).append("\":");
  json += time ? std::to_string(time->time_since_epoch().count()) : "null";
}

}  // namespace

PageValues sessionsPage(std::span<const ListedSession> sessions, std::chrono::milliseconds in_use) {
  PageValues::Rows rows;
  const std::size_t shown = std::min(sessions.size(), kMostShown);
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(rowOf(sessions[i], i + 1, in_use));
  const auto own = std::ranges::count_if(sessions, &ListedSession::own);
  PageValues values;
  values.rows("sessions", std::move(rows));
  values.flag("others", sessions.size() - static_cast<std::size_t>(own) >= 2);
  if (sessions.size() > shown) values.flag("more").text("n", std::to_string(sessions.size() - shown));
  return values;
}

std::string sessionsJson(std::span<const ListedSession> sessions, WallTime now) {
  std::string json = "{\"sessions\":[";
  for (const ListedSession& session : sessions) {
    if (&session != &sessions.front()) json += ',';
    json.append("{\"handle\":\"").append(session.handle).append("\",\"this_device\":");
    json += session.own ? "true" : "false";
    appendText(json, "program", session.family);
    appendText(json, "system", session.system);
    appendText(json, "address", session.address);
    appendTime(json, "created", session.created);
    appendTime(json, "last_used", session.idle ? std::optional(now - *session.idle) : std::nullopt);
    json += '}';
  }
  return json + "]}\n";
}

Age ageOf(std::chrono::milliseconds age) {
  using std::chrono::duration_cast;
  if (age >= std::chrono::days(2)) return {"days", duration_cast<std::chrono::days>(age).count()};
  if (age >= std::chrono::hours(1)) return {"hours", duration_cast<std::chrono::hours>(age).count()};
  return {"minutes", std::max<std::int64_t>(1, duration_cast<std::chrono::minutes>(age).count())};
}

}  // namespace sessiond
