# shellcheck shell=bash
# The last one: it takes sessiond away, and puts it back.

dangling() { find /etc/systemd/system /etc/nginx -xtype l; }

scenario_uninstall_and_install_again() {
  make -s -C /source uninstall
  [[ -z $(dangling) ]] || fail "links that lead nowhere: $(dangling)"
  if systemctl cat sessiond.service sessiond.socket sessiond-retry.timer sessiond-pause.service; then fail 'units are left'; fi
  expect ActiveState inactive sessiond.socket
  [[ ! -e /run/sessiond ]] || fail "left behind: $(find /run/sessiond)"
  nginx -t
  systemctl restart nginx
  answers 503 --cookie /scenario/cookies http://localhost/private/
  make -s -C /source --assume-old=all install
  [[ -L /etc/nginx/sessiond ]] || fail 'the snippets that were kept are not replaced'
  nginx -t
  systemctl daemon-reload
  systemctl enable --now sessiond.socket sessiond.service
  logged_in
  systemctl restart sessiond.service
  logged_in
}
