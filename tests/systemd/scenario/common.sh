# shellcheck shell=bash
# What scenarios have in common: asking, waiting, counting, and the state that each begins with.

readonly config=/etc/sessiond/sessiond.yaml
readonly secret=/etc/sessiond/session_secret
readonly drop_ins=/etc/systemd/system/sessiond.service.d
readonly socket_drop_ins=/etc/systemd/system/sessiond.socket.d

fail() {
  printf 'FAILED: %s\n' "$*"
  systemctl status sessiond.service sessiond.socket sessiond-retry.timer
  return 1
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > end)); then fail "waited in vain: $what"; return 1; fi
    sleep 0.05
  done
}

is() { # PROPERTY VALUE [UNIT]
  [[ $(systemctl show --property="$1" --value "${3:-sessiond.service}") == "$2" ]]
}

expect() { # PROPERTY VALUE [UNIT]
  is "$@" || fail "$1 of ${3:-sessiond.service} is $(systemctl show --property="$1" --value "${3:-sessiond.service}"), not $2"
}

property() { systemctl show --property="$1" --value "${2:-sessiond.service}"; }

says() { # TEXT FILE
  grep -q -F -- "$1" "$2" || { cat "$2"; fail "\"$1\" is not in it"; }
}

# Longer than nginx waits for sessiond: whoever computes a password gives way to everybody else on this machine.
status_of() { curl -s -o /dev/null -w '%{http_code}' --max-time 40 "$@"; }

answers() { # STATUS URL...
  local status
  status=$(status_of "${@:2}") || true
  [[ $status == "$1" ]] || fail "HTTP status $status, not $1: ${*:2}"
}

# The answer of a protected page to a visitor who is logged in, so that it takes a check, a session and Redis.
logged_in() { answers 200 --cookie /scenario/cookies http://localhost/private/; }

log_in() {
  rm -f /scenario/cookies
  local token
  token=$(curl -s --cookie-jar /scenario/cookies http://localhost/login | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p')
  [[ -n $token ]] || fail 'no form to log in'
  answers 303 --cookie /scenario/cookies --cookie-jar /scenario/cookies -H 'Origin: http://localhost' \
    --data-urlencode "csrf=$token" --data user=ada --data password=correct http://localhost/login
}

# Journal lines and starts since a moment that `now` has printed.
now() { journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p'; }
journal_since() { journalctl -q --after-cursor="$1" -u sessiond.service -u sessiond.socket -u sessiond-pause.service -u sessiond-retry.timer -o cat; }
starts_since() { journal_since "$1" | grep -c '^Starting sessiond.service' || true; }

write_config() { # LINES...
  {
    cat <<'END'
login:
  authenticators: [htpasswd]
  htpasswd_file: /etc/sessiond/users
END
    if (($# > 0)); then printf '%s\n' "$@"; fi
  } >"$config"
}

drop_in() { # LINES...
  mkdir -p "$drop_ins"
  printf '%s\n' "$@" >"$drop_ins/test.conf"
  systemctl daemon-reload
}

set_up() {
  rm -rf "$drop_ins" "$socket_drop_ins"
  systemctl daemon-reload
  [[ -s $secret ]] || openssl rand -base64 48 >"$secret"
  chmod 600 "$secret"
  write_config
  systemctl start redis-server
  systemctl reset-failed
  systemctl stop sessiond.service sessiond.socket
  systemctl restart sessiond.socket sessiond.service
  expect ActiveState active
  log_in
  logged_in
}

# Once: what the README tells an operator to do.
first_steps() {
  systemd-sysusers
  mkdir -p /var/www/private
  echo private >/var/www/private/index.html
  cat >/etc/nginx/sites-enabled/default <<'END'
include sessiond/upstream.conf;
server {
    listen 80;
    root /var/www;
    include sessiond/endpoints.conf;
    location ^~ /private/ {
        include sessiond/protect-page.conf;
    }
}
END
  (umask 077 && printf 'ada:%s:id=42;name=Ada\n' "$(openssl passwd -6 correct)" >/etc/sessiond/users)
  chgrp sessiond /etc/sessiond/users
  chmod 640 /etc/sessiond/users
  nginx -t
  systemctl reload nginx
  systemctl daemon-reload
  systemctl enable sessiond.socket sessiond.service
}
