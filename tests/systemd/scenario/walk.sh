# shellcheck shell=bash
# conf/guide/first-day.md on a machine on which nothing has been done yet: what it shows is typed, and what is said must be
# what it shows. Where the guide differs, the new one is in the test's output.

# What the package does when it is installed, where `make install` has not.
as_packaged() {
  if [[ ! -e $secret ]]; then
    systemd-sysusers
    cp /scenario/packaged.yaml "$config"
    (umask 077 && openssl rand -base64 48 >"$secret")
    systemctl daemon-reload
    systemctl enable --now sessiond.socket sessiond.service
  fi
  systemctl restart sessiond.service
}

log_in_as() { # NAME PASSWORD
  rm -f /scenario/cookies
  # The web server's new processes take over a moment after its reload.
  wait_for 20 'the login' answers 200 http://localhost/login
  local token
  token=$(curl -s --cookie-jar /scenario/cookies http://localhost/login | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p')
  answers 303 --cookie /scenario/cookies --cookie-jar /scenario/cookies -H 'Origin: http://localhost' \
    --data-urlencode "csrf=$token" --data-urlencode "user=$1" --data-urlencode "password=$2" http://localhost/login
  logged_in
}

make_mistakes() {
  redis-cli CONFIG SET maxmemory 100mb maxmemory-policy allkeys-lru
  chmod 644 "$secret"
  sed -i 's|location ^~ /private/ {|satisfy any; allow 127.0.0.1; deny all;\n    &|' /etc/nginx/sites-enabled/default
  nginx -t
  systemctl reload nginx
}

# What is another one each time.
masked() {
  sed -E -e 's/^[0-9a-f]{16} +ada /HANDLE ada /' -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]+Z/WHEN/g' -e 's/\b[0-9]+ (s|min|h|d)\b/SOME \1/g' \
    -e 's/(session|user_id|user)=[0-9a-f]+/\1=HASH/g' -e '/^HANDLE /s/ +/ /g'
}

# typed COMMAND INPUT: what is said on it.
typed() { (bash -c "$1" 2>&1 <<<"$2" || :) | masked; }

retype() { # GUIDE: the guide as it would have to be
  local line command='' input='' in_block=no
  flush() {
    if [[ -n $command ]]; then typed "$command" "${input%$'\n'}"; fi
    command=''
    input=''
  }
  while IFS= read -r line; do
    case $in_block:$line in
      'no:```console')
        in_block=yes
        printf '%s\n' "$line"
        ;;
      'yes:```')
        flush
        in_block=no
        printf '%s\n' "$line"
        ;;
      'yes:$ '*)
        flush
        command=${line#'$ '}
        printf '%s\n' "$line"
        ;;
      'yes:> '*)
        input+=${line#'> '}$'\n'
        printf '%s\n' "$line"
        ;;
      yes:*) ;;
      'no:<!-- do: '*)
        printf '%s\n' "$line"
        line=${line#'<!-- do: '}
        eval "${line%' -->'}" >&2
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$1"
}

walk() {
  as_packaged
  retype /scenario/first-day.md | tee /scenario/walked
  diff -u /scenario/first-day.md /scenario/walked || fail 'the guide shows something else'
}
