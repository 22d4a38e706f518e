# shellcheck shell=bash
# The doctor under systemd, and its remedies as they are said.

# remedy RULE: the command that the doctor names for it.
remedy() { grep -A 1 "\[$1\]\$" /scenario/doctor | sed -n '2s/^ *//p'; }

examine() { # STATUS
  local status=0
  sessionctl doctor >/scenario/doctor 2>&1 || status=$?
  cat /scenario/doctor
  [[ $status == "$1" ]] || fail "the doctor exits with $status, not $1"
}

finds() { # RULE TEXT
  examine 1
  grep -F -- "[$1]" /scenario/doctor | grep -q -F -- "$2" || fail "\"$2\" is not found by $1"
  [[ $(grep -c '^\(fault\|danger\): ' /scenario/doctor) == 1 ]] || fail 'something else is found too'
}

scenario_doctor_of_units_that_are_disabled() {
  examine 0
  systemctl disable sessiond.service
  finds units 'sessiond.service is disabled'
  eval "$(remedy units)"
  examine 0
}

scenario_doctor_of_a_socket_that_nginx_may_not_use() {
  mkdir -p "$socket_drop_ins"
  printf '[Socket]\nSocketGroup=root\n' >"$socket_drop_ins/another.conf"
  systemctl daemon-reload
  systemctl restart sessiond.socket sessiond.service
  finds socket-rights 'nginx (www-data) may not connect'
  rm "$socket_drop_ins/another.conf"
  eval "$(remedy socket-rights)"
  wait_for 10 'the daemon' systemctl is-active sessiond.socket
  systemctl restart sessiond.service
  examine 0
}
