# shellcheck shell=bash
# What the daemon may and may not do, and that it still does its work.

redis_by_unix_socket() {
  printf '%s\n' 'unixsocket /run/redis/redis-server.sock' 'unixsocketperm 770' >>/etc/redis/redis.conf
  systemctl restart redis-server
  drop_in '[Service]' SupplementaryGroups=redis
  systemctl restart sessiond.service
  write_config 'redis: {url: "unix:///run/redis/redis-server.sock"}'
}

in_sandbox() { nsenter --mount --target "$(property MainPID)" "$@"; }

scenario_exposure() {
  local exposure
  exposure=$(systemd-analyze security sessiond.service | sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
  awk -v exposure="$exposure" 'BEGIN { exit !(exposure != "" && exposure <= 1.0) }' || fail "exposure $exposure"
}

scenario_redis_on_its_unix_socket() {
  redis_by_unix_socket
  systemctl restart sessiond.service
  # Only this way is left.
  redis-cli -s /run/redis/redis-server.sock CONFIG SET port 0
  wait_for 10 'a session over the unix socket' logged_in
  redis-cli -s /run/redis/redis-server.sock CONFIG SET port 6379
}

scenario_secret_stays_roots() {
  local pid
  pid=$(property MainPID)
  [[ $(stat -c '%a %U' "$secret") == '600 root' ]]
  if setpriv --reuid sessiond --regid sessiond --clear-groups cat "$secret" >/dev/null; then fail 'sessiond reads it'; fi
  # Its memory and descriptors are root's: no other process of the user sessiond can look into it.
  [[ $(stat -c %U "/proc/$pid/fd") == root ]] || fail 'the process is dumpable'
  if setpriv --reuid sessiond --regid sessiond --clear-groups cat "/proc/$pid/environ" >/dev/null; then fail 'open'; fi
}

scenario_executes_and_writes_nothing() {
  if in_sandbox /bin/true; then fail 'the sandbox runs /bin/true'; fi
  in_sandbox /usr/local/sbin/sessiond --version || in_sandbox /usr/sbin/sessiond --version
  local path options
  for path in / /etc /usr /var/log; do
    options=$(awk -v path="$path" '$5 == path { options = $6 } END { print options }' "/proc/$(property MainPID)/mountinfo")
    [[ -z $options || ",$options," == *,ro,* ]] || fail "$path can be written"
  done
  [[ $(grep -c '^CapEff:[[:space:]]*0*$' "/proc/$(property MainPID)/status") == 1 ]] || fail 'it has capabilities'
}

scenario_log_file() {
  local log=/var/log/sessiond/sessiond.log
  write_config "log: {file: $log, level: debug}"
  systemctl restart sessiond.service
  log_in
  wait_for 5 'lines in the log file' grep -q 'serving' "$log"
  [[ $(stat -c '%U %a' /var/log/sessiond) == 'sessiond 750' ]]
  mv "$log" "$log.1"
  systemctl kill --kill-who=main --signal=USR1 sessiond.service
  wait_for 5 'a new log file' test -e "$log"
}
