# shellcheck shell=bash
# What cannot start is *failed*, once and with its reason, while requests keep asking for it; and comes back by itself
# when it is put right.

# Requests one after the other for some seconds: each is answered, and none is let through.
keep_asking() { # SECONDS
  local end=$((SECONDS + $1)) status
  while ((SECONDS < end)); do
    status=$(status_of --cookie /scenario/cookies http://localhost/private/)
    [[ $status == 503 ]] || fail "HTTP status $status while sessiond cannot start"
  done
}

# failed_start TEXT: a restart fails, stays failed under requests, and says TEXT.
failed_start() {
  local begin starts lines
  begin=$(now)
  if systemctl restart sessiond.service; then fail 'it started'; fi
  keep_asking 4
  expect ActiveState failed
  systemctl --failed >/scenario/failed
  says sessiond.service /scenario/failed
  systemctl status sessiond.service >/scenario/status || true
  says "$1" /scenario/status
  starts=$(starts_since "$begin")
  lines=$(journal_since "$begin" | wc -l)
  ((starts <= 1 && lines <= 20)) || {
    journal_since "$begin"
    fail "$starts starts and $lines lines in the journal"
  }
}

comes_back() {
  wait_for 30 'it comes back by itself' logged_in
  expect ActiveState active
}

scenario_wrong_configuration() {
  write_config 'loging: {}'
  failed_start loging
  write_config
  comes_back
}

scenario_wrong_configuration_put_right_by_hand() {
  write_config 'loging: {}'
  failed_start loging
  write_config
  systemctl restart sessiond.service
  expect ActiveState active
  expect ActiveState active sessiond.socket
  logged_in
}

scenario_stopped_while_it_cannot_start() {
  write_config 'loging: {}'
  failed_start loging
  systemctl stop sessiond.socket sessiond.service
  write_config
  expect ActiveState inactive sessiond-retry.timer
  expect ActiveState inactive sessiond.socket
}

scenario_missing_secret() {
  mv "$secret" "$secret.away"
  failed_start "$secret"
  says 'openssl rand' /scenario/status
  mv "$secret.away" "$secret"
  comes_back
}

scenario_missing_credential() {
  drop_in '[Service]' LoadCredential=redis_password:/etc/sessiond/redis_password
  failed_start CREDENTIALS
  rm -r "$drop_ins"
  systemctl daemon-reload
  comes_back
}

scenario_missing_program() {
  drop_in '[Service]' ExecStart= ExecStart=/usr/local/sbin/nothing
  failed_start EXEC
  rm -r "$drop_ins"
  systemctl daemon-reload
  comes_back
}

scenario_system_refuses() {
  # The name is what sessiond knows its socket by.
  mkdir -p "$socket_drop_ins"
  printf '%s\n' '[Socket]' FileDescriptorName=other >"$socket_drop_ins/test.conf"
  systemctl daemon-reload
  systemctl stop sessiond.service sessiond.socket
  failed_start 'fastcgi'
  rm -r "$socket_drop_ins"
  systemctl daemon-reload
  comes_back
}
