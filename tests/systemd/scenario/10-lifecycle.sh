# shellcheck shell=bash
# Enabled, started by its socket, reloaded, restarted, frozen, crashed, stopped.

scenario_enabled() {
  [[ $(systemctl is-enabled sessiond.socket sessiond.service | sort -u) == enabled ]]
  expect ActiveState active
  expect ActiveState active sessiond.socket
}

scenario_started_by_the_socket() {
  systemctl stop sessiond.service
  expect ActiveState inactive
  logged_in
  expect ActiveState active
}

scenario_restart_under_load_loses_no_request() {
  local pid
  rm -f /scenario/enough
  while [[ ! -e /scenario/enough ]]; do
    curl -s --parallel --parallel-max 8 --cookie /scenario/cookies -o /dev/null -w '%{http_code}\n' \
      'http://localhost/private/?[1-500]'
  done >/scenario/codes 2>/scenario/errors &
  pid=$!
  for _ in 1 2 3 4 5; do
    wait_for 10 'requests' test -s /scenario/codes
    systemctl restart sessiond.service
  done
  touch /scenario/enough
  wait "$pid"
  [[ $(sort -u /scenario/codes) == 200 ]] || {
    sort /scenario/codes | uniq -c
    fail 'not every request got its answer'
  }
}

# Whether another process than $pid serves.
replaced() {
  local now
  now=$(property MainPID)
  is ActiveState active && ((now != 0 && now != pid))
}

scenario_frozen_is_restarted() {
  drop_in '[Service]' WatchdogSec=2s
  systemctl restart sessiond.service
  local pid
  pid=$(property MainPID)
  kill -STOP "$pid"
  wait_for 30 'a new process in place of the frozen one' replaced
  logged_in
}

scenario_crash_after_crash() {
  local pid round
  for round in 1 2 3 4 5 6 7 8; do
    pid=$(property MainPID)
    kill -SEGV "$pid"
    wait_for 10 "a new process after crash $round" replaced
  done
  logged_in
}

# A request that comes in slowly holds the end up for listen.request_timeout; systemd alone would wait one second.
scenario_drain_outlasts_the_units_patience() {
  drop_in '[Service]' TimeoutStopSec=1s
  systemctl restart sessiond.service
  perl -MIO::Socket::UNIX -e '
    my $socket = IO::Socket::UNIX->new("/run/sessiond/sessiond.sock") or die;
    syswrite $socket, pack("C2n2C2", 1, 1, 1, 8, 0, 0) . pack("nC6", 1, 0, 0, 0, 0, 0, 0, 0);
    print "sent\n"; close STDOUT; sysread $socket, my $end, 1' >/scenario/slow &
  wait_for 5 'the half of a request' grep -q sent /scenario/slow
  logged_in
  systemctl stop sessiond.service
  expect Result success
  wait
}

scenario_stop() {
  systemctl stop sessiond.socket sessiond.service
  expect ActiveState inactive
  expect ActiveState inactive sessiond.socket
  expect Result success
  answers 503 --cookie /scenario/cookies http://localhost/private/
}

scenario_redis_is_late() {
  systemctl stop sessiond.socket sessiond.service redis-server
  systemctl start sessiond.socket sessiond.service
  expect ActiveState active
  answers 503 --cookie /scenario/cookies http://localhost/private/
  systemctl start redis-server
  wait_for 20 'Redis is found' logged_in
}
