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

scenario_doctor_of_a_socket_that_systemd_has_elsewhere() {
  local link
  link=$(readlink /etc/nginx/sessiond)
  write_config 'listen: {socket: /run/sessiond/other.sock}'
  systemctl restart sessiond.service
  examine 1
  says 'which has the last word, listens at /run/sessiond/sessiond.sock [socket]' /scenario/doctor
  eval "$(remedy socket)"
  systemctl restart sessiond.service
  finds nginx-upstream /run/sessiond/other.sock
  eval "$(remedy nginx-upstream)"
  examine 0
  # Workers of nginx that are about to go may still answer.
  systemctl restart nginx
  logged_in
  rm -r /etc/nginx/sessiond
  ln -s "$link" /etc/nginx/sessiond
  nginx -t
  systemctl restart nginx
}

# Whoever asks starts the daemon, and the doctor changes nothing.
scenario_doctor_of_a_daemon_that_is_stopped() {
  systemctl stop sessiond.service
  expect ActiveState inactive
  finds units 'sessiond.service is inactive: the next request, or a boot, starts it'
  expect ActiveState inactive
  expect ActiveState active sessiond.socket
  eval "$(remedy units)"
  expect ActiveState active
  examine 0
}

scenario_doctor_of_a_daemon_that_has_failed() {
  write_config 'loging: {}'
  if systemctl restart sessiond.service; then fail 'it started'; fi
  write_config
  expect ActiveState failed
  local starts
  starts=$(now)
  finds units 'sessiond.service has failed (exit-code)'
  expect ActiveState failed
  [[ $(starts_since "$starts") == 0 ]] || fail 'the doctor has started it'
  eval "$(remedy units)"
  expect ActiveState active
  examine 0
}

# A reload reads the copy again that systemd made at the start.
scenario_doctor_of_another_secret_than_the_daemons() {
  (umask 077 && openssl rand -base64 48 >"$secret")
  finds walk 'is "forged" to the daemon'
  [[ $(remedy walk) == 'systemctl restart sessiond.service' ]] || fail "$(remedy walk)"
  eval "$(remedy walk)"
  examine 0
}

scenario_doctor_of_a_socket_for_everybody() {
  chmod 666 /run/sessiond/sessiond.sock
  finds socket-rights 'every user of this machine may connect'
  eval "$(remedy socket-rights)"
  examine 0
  mkdir -p "$socket_drop_ins"
  printf '[Socket]\nSocketMode=0666\n' >"$socket_drop_ins/another.conf"
  systemctl daemon-reload
  systemctl restart sessiond.socket sessiond.service
  finds socket-rights 'every user of this machine may connect'
  eval "$(remedy socket-rights)"
  systemctl restart sessiond.service
  examine 0
  systemctl restart sessiond.socket sessiond.service
  examine 0
}

scenario_doctor_of_snippets_that_are_the_packages() {
  printf 'identity: {X-User-Id: /user/id, X-User-Name: /user/name, X-User-Email: /user/email, X-User-Roles: /user/roles, X-Account: /user/account}\n' >>"$config"
  systemctl reload sessiond.service
  finds nginx-snippets 'maps X-Account'
  local folder link
  folder=$(readlink -f /etc/nginx/sessiond)
  link=$(readlink /etc/nginx/sessiond)
  (cd "$folder" && sha256sum ./*.conf) >/scenario/packages
  eval "$(remedy nginx-snippets)"
  examine 0
  (cd "$folder" && sha256sum --quiet --check /scenario/packages) || fail 'the files of the package were changed'
  rm -r /etc/nginx/sessiond
  ln -s "$link" /etc/nginx/sessiond
  nginx -t
  systemctl reload nginx
}

scenario_doctor_of_a_link_that_went_with_nginxs_folder() {
  rm /etc/nginx/sessiond
  finds nginx 'open() "/etc/nginx/sessiond/'
  eval "$(remedy nginx)"
  examine 0
}
