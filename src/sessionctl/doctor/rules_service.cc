// Does the daemon run, is it reached, and is what it does what the files say?

#include <arpa/inet.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <sstream>

#include "base/loopback.h"
#include "base/version.h"
#include "fastcgi/question.h"
#include "os/host_port.h"
#include "session/new_session.h"
#include "sessionctl/doctor/rules.h"

namespace sessiond::ctl {
namespace {

std::string valueOf(const std::optional<UnitFacts>& unit, const std::string& name) {
  return unit ? unit->value(name) : "";
}

std::string startCommand(const Installation& installation) {
  if (installation.isSystemds()) return "systemctl start sessiond.socket sessiond.service";
  return "sessiond -c " + installation.options.config_file;
}

/// Of a daemon that is there: another one would find its socket taken.
std::string restartCommand(const Installation& installation) {
  if (installation.isSystemds()) return "systemctl restart sessiond.service";
  const std::string& socket = installation.config().listen.socket;
  return std::string("ss -lp ") + (socket.starts_with('/') ? "-x" : "-t") + " src " + socket +
         "  # says which process it is; kill -KILL that one, then: " + startCommand(installation);
}

void lookAtUnits(const Installation& installation, Verdict& verdict) {
  if (!installation.isSystemds()) return verdict.cannotTell("systemd does not run sessiond with this configuration");
  const std::string service = valueOf(installation.service, "ActiveState");
  const std::string socket = valueOf(installation.socket_unit, "ActiveState");
  if (service == "failed") {  // which closes the socket for a while
    verdict.fault("sessiond.service has failed (" + valueOf(installation.service, "Result") +
                      "): journalctl -u sessiond.service says why",
                  "systemctl reset-failed sessiond.service; " + startCommand(installation));
  } else if (installation.socket_unit && socket != "active") {
    verdict.fault("sessiond.socket is " + socket + ": nginx answers 503", startCommand(installation));
  } else if (installation.is_asleep) {
    verdict.fault("sessiond.service is " + service + ": the next request, or a boot, starts it",
                  startCommand(installation));
  }
  for (const auto& [unit, name] : {std::pair(&installation.service, "sessiond.service"),
                                   std::pair(&installation.socket_unit, "sessiond.socket")}) {
    if (valueOf(*unit, "UnitFileState") != "disabled") continue;
    verdict.fault(std::string(name) + " is disabled: after the next boot it is not there",
                  std::string("systemctl enable ") + name);
  }
}

std::string dropIn(const std::string& name, const std::string& line) {
  const std::string folder = "/etc/systemd/system/sessiond.socket.d";
  return "mkdir -p " + folder + " && printf '[Socket]\\n" + line + "\\n' >" + folder + "/" + name +
         " && systemctl daemon-reload && systemctl restart sessiond.socket";
}

bool isNumeric(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

/// ListenStream= takes no names of hosts.
bool canBeUnits(const std::string& socket) {
  const auto address = parseHostPort(socket);
  return socket.starts_with('/') || (address && isNumeric(address->host));
}

void lookAtSocket(const Installation& installation, Verdict& verdict) {
  if (installation.why_no_answer.empty()) return;
  if (installation.is_asleep) return verdict.cannotTell(installation.why_no_answer);
  const std::string& socket = installation.config().listen.socket;
  if (installation.socket_unit && canBeUnits(socket) && !installation.socket_unit->listensAt(socket)) {
    const std::string elsewhere = valueOf(installation.socket_unit, "Listen");
    return verdict.fault("listen.socket is " + socket + ", but sessiond.socket, which has the last word, listens at " +
                             elsewhere.substr(0, elsewhere.find(" (")),
                         dropIn("socket.conf", "ListenStream=\\nListenStream=" + socket));
  }
  verdict.fault("sessiond does not answer at " + socket + " (listen.socket): " + installation.why_no_answer,
                installation.is_stuck ? restartCommand(installation) : startCommand(installation));
}

/// Of a unit's SocketMode=, "0660"; without one, systemd's own is for everybody.
std::uint32_t modeIn(const std::string& octal) {
  std::uint32_t mode = 0666;
  std::from_chars(octal.data(), octal.data() + octal.size(), mode, 8);
  return mode;
}

/// So that it stays after the next start: where its mode comes from.
std::string closingCommand(const Installation& installation) {
  std::string now = "chmod o-rwx " + installation.config().listen.socket;
  if (installation.isSystemds()) {
    const bool is_units = (modeIn(valueOf(installation.socket_unit, "SocketMode")) & S_IWOTH) != 0;
    return is_units ? dropIn("mode.conf", "SocketMode=0660") : now;
  }
  if ((installation.config().listen.mode & S_IWOTH) == 0) return now;
  return now + "  # until the next start; for good, in " + installation.options.config_file +
         ", below listen: mode: \"0660\"";
}

std::string groupCommand(const Installation& installation, const Account& nginx) {
  const std::string group = groupName(nginx.groups.front());
  if (installation.isSystemds()) return dropIn("group.conf", "SocketGroup=" + group);
  const std::string& socket = installation.config().listen.socket;
  return "chgrp " + group + " " + socket + " && chmod 660 " + socket + "  # until the next start; for good, in " +
         installation.options.config_file + ", below listen: group: " + group;
}

/// Whom the socket is for: not for everybody.
void lookAtSocketRights(const Installation& installation, Verdict& verdict) {
  const std::string& socket = installation.config().listen.socket;
  struct stat status = {};
  if (!socket.starts_with('/') || ::stat(socket.c_str(), &status) != 0) return;
  if ((status.st_mode & S_IWOTH) != 0) {
    verdict.danger(
        "every user of this machine may connect to " + socket + ", ask about any session and try any password",
        closingCommand(installation));
  }
  if (!installation.nginx || !installation.nginx->account) {
    return verdict.cannotTell("nobody says as whom nginx's workers run");
  }
  const Account& nginx = *installation.nginx->account;
  if (may(nginx, socket, Right::kWrite)) return;
  verdict.fault("nginx (" + nginx.name + ") may not connect to " + socket + ": every check is answered with 503",
                groupCommand(installation, nginx));
}

void lookAtDaemon(const Installation& installation, Verdict& verdict) {
  if (!installation.daemon && installation.site && !installation.why_no_answer.empty()) {
    return verdict.cannotTell("sessiond does not answer");
  }
  if (installation.site && installation.config().sessiond.control_socket.empty()) {
    return verdict.cannotTell("sessiond.control_socket is empty, so the daemon cannot be asked");
  }
  if (!installation.daemon) {
    return verdict.fault("the daemon does not answer at its control socket: " + installation.why_no_daemon,
                         startCommand(installation));
  }
  const std::string version = installation.daemon->value("version");
  if (version != kVersion) {
    verdict.fault("the daemon that runs is " + version + ", and what is installed is " + std::string(kVersion),
                  "systemctl restart sessiond.service");
  }
  if (installation.daemon->value("last_reload") == "failed") {
    verdict.fault("the last reload has failed: the configuration in force is an older one",
                  "sessionctl -c " + installation.options.config_file + " reload");
    return;
  }
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(installation.options.config_file, error);
  if (error) return;
  const auto wall = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::file_clock::to_sys(changed));
  if (formatIsoTime(wall) > installation.daemon->value("in_force_since")) {
    verdict.fault(installation.options.config_file + " was changed after what is in force was read",
                  "sessionctl -c " + installation.options.config_file + " reload");
  }
}

/// The hosts of Redis's that are other machines: its servers, its sentinels.
std::vector<std::string> otherMachines(const Installation& installation) {
  const RedisSettings& redis = installation.config().redis;
  std::vector<std::string> places = redis.sentinel.nodes;
  places.insert(places.end(), redis.cluster.nodes.begin(), redis.cluster.nodes.end());
  for (const RedisFacts& server : installation.redis) places.push_back(server.server);
  std::vector<std::string> hosts;
  for (const std::string& place : places) {
    const auto address = parseHostPort(place);
    if (!address || isLoopback(address->host)) continue;
    if (std::ranges::find(hosts, address->host) == hosts.end()) hosts.push_back(address->host);
  }
  return hosts;
}

/// Does its unit let the daemon speak to this machine only? systemd lets pass what either of the two lists allows.
bool keepsHome(const Installation& installation) {
  if (valueOf(installation.service, "IPAddressDeny").empty()) return false;
  std::istringstream allowed(valueOf(installation.service, "IPAddressAllow"));
  for (std::string network; allowed >> network;) {
    if (!isLoopback(network.substr(0, network.find('/')))) return false;
  }
  return true;
}

/// For names, their addresses.
std::string allowCommand(const std::vector<std::string>& hosts) {
  std::string addresses;
  bool has_name = false;
  for (const std::string& host : hosts) {
    const bool is_address = isNumeric(host);
    addresses += is_address ? " " + host : " $(getent ahosts " + host + " | cut -d ' ' -f 1 | sort -u)";
    has_name = has_name || !is_address;
  }
  const std::string folder = "/etc/systemd/system/sessiond.service.d";
  return "mkdir -p " + folder + " && printf '[Service]\\nIPAddressAllow=%s\\n'" + addresses + " >" + folder +
         "/network.conf && systemctl daemon-reload && systemctl restart sessiond.service" +
         (has_name ? "  # and the DNS server's address, if that is another machine too" : "");
}

void lookAtReadiness(const Installation& installation, Verdict& verdict) {
  if (!installation.why_no_answer.empty()) return verdict.cannotTell("sessiond does not answer");
  const auto answer =
      askFastcgi(installation.config().listen.socket,
                 {{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/sessiond/ready"}, {"SESSIOND_ENDPOINT", "ready"}},
                 std::chrono::seconds(10));
  if (!answer) return verdict.cannotTell("sessiond does not answer");
  if (answer->status == 200) return;
  if (!installation.redisIsUsable()) return verdict.cannotTell("Redis is not to be used");
  if (installation.counter_error) return verdict.cannotTell(std::string(kNoCounter));
  if (const auto hosts = otherMachines(installation); !hosts.empty() && keepsHome(installation)) {
    return verdict.fault(
        "the daemon cannot use Redis, which is on another machine: sessiond.service may speak to this one only "
        "(IPAddressDeny=)",
        allowCommand(hosts));
  }
  verdict.fault("the daemon cannot use Redis, although Redis answers here: " + answer->body.substr(0, 200),
                "journalctl -u sessiond.service -n 20");
}

void lookAtTrust(const Installation& installation, Verdict& verdict) {
  if (!installation.daemon) return verdict.cannotTell("the daemon does not answer");
  if (!installation.config().session.cache.enabled || installation.daemon->value("memory") != "not believed") return;
  if (!installation.redisIsUsable()) return verdict.cannotTell("Redis is not to be used");
  verdict.fault(
      "the daemon does not hear from Redis what changes, so no session is kept in memory: every check asks Redis",
      "journalctl -u sessiond.service | grep cache:");
}

constexpr std::array<Rule, 6> kServiceRules = {{
    {"units", "systemd starts sessiond, now and after a boot", lookAtUnits, false},
    {"socket", "sessiond answers at its socket", lookAtSocket},
    {"socket-rights", "nginx may connect to the socket, and others may not", lookAtSocketRights},
    {"daemon", "the daemon is of this version, and runs with what the files say", lookAtDaemon},
    {"ready", "the daemon can decide about sessions", lookAtReadiness},
    {"memory", "the daemon hears of every change in Redis", lookAtTrust},
}};

}  // namespace

std::span<const Rule> serviceRules() {
  return kServiceRules;
}

}  // namespace sessiond::ctl
