# shellcheck shell=bash
# `systemctl reload` says how it went: when it returns, the new configuration is in force, or it has failed with the
# reason in `systemctl status`.

scenario_reload() {
  write_config 'policies: {default: {roles_any: [nobody-has-it]}}'
  systemctl reload sessiond.service
  answers 403 --cookie /scenario/cookies http://localhost/private/
  write_config
  systemctl reload sessiond.service
  logged_in
}

scenario_reload_of_a_wrong_file() {
  local pid
  pid=$(property MainPID)
  write_config 'loging: {}'
  if systemctl reload sessiond.service; then fail 'a wrong configuration was reloaded'; fi
  expect ActiveState active
  expect MainPID "$pid"
  systemctl status sessiond.service >/scenario/status
  says 'loging' /scenario/status
  logged_in
  write_config
  systemctl reload sessiond.service
}

# What only the daemon can tell: its own rights, in its own sandbox.
scenario_reload_of_what_sessiond_may_not_read() {
  chmod 600 /etc/sessiond/users
  chgrp root /etc/sessiond/users
  if systemctl reload sessiond.service; then
    chgrp sessiond /etc/sessiond/users && chmod 640 /etc/sessiond/users
    fail 'a file that sessiond cannot read was reloaded'
  fi
  chgrp sessiond /etc/sessiond/users
  chmod 640 /etc/sessiond/users
  systemctl status sessiond.service >/scenario/status
  says '/etc/sessiond/users' /scenario/status
  logged_in
}

scenario_reload_with_a_unix_socket_of_redis() {
  redis_by_unix_socket
  systemctl reload sessiond.service
  wait_for 10 'a session from the other way to Redis' logged_in
}
