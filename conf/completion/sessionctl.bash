# shellcheck shell=bash
# Completion of sessionctl for bash; made by `sessionctl --completion bash`.

_sessionctl() {
  local place='' words='' files='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place ${COMP_WORDS[i]}" in
      ' check') place='check' ;;
      ' reload') place='reload' ;;
      ' doctor') place='doctor' ;;
      ' status') place='status' ;;
      ' session') place='session' ;;
      'session list') place='session list' ;;
      'session show') place='session show' ;;
      'session revoke') place='session revoke' ;;
      ' user') place='user' ;;
      'user add') place='user add' ;;
      'user passwd') place='user passwd' ;;
      'user disable') place='user disable' ;;
      'user enable') place='user enable' ;;
      'user del') place='user del' ;;
      'user show') place='user show' ;;
      'user list') place='user list' ;;
      'user import') place='user import' ;;
      ' explain') place='explain' ;;
      ' throttle') place='throttle' ;;
      'throttle list') place='throttle list' ;;
      'throttle clear') place='throttle clear' ;;
      ' secret') place='secret' ;;
      'secret new') place='secret new' ;;
      'secret rotate') place='secret rotate' ;;
      'secret status') place='secret status' ;;
      ' nginx') place='nginx' ;;
      'nginx lint') place='nginx lint' ;;
      'nginx print') place='nginx print' ;;
    esac
  done
  case $place in
    '') words='check reload doctor status session user explain throttle secret nginx --help --config --json --version' ;;
    'check') words='--help' ;;
    'reload') words='--help' ;;
    'doctor') words='--help --nginx' ;;
    'status') words='--help' ;;
    'session') words='list show revoke --help' ;;
    'session list') words='--help --user --scan --anonymous' ;;
    'session show') words='--help --user' ;;
    'session revoke') words='--help --user --scan --all --from --yes' ;;
    'user') words='add passwd disable enable del show list import --help' ;;
    'user add') words='--help --id --name --email --role --disabled --stdin' ;;
    'user passwd') words='--help --stdin' ;;
    'user disable') words='--help' ;;
    'user enable') words='--help' ;;
    'user del') words='--help --yes' ;;
    'user show') words='--help' ;;
    'user list') words='--help' ;;
    'user import') words='--help' files=yes ;;
    'explain') words='--help --cookie --policy --url' ;;
    'throttle') words='list clear --help' ;;
    'throttle list') words='--help --user --network' ;;
    'throttle clear') words='--help --user --network --all --yes' ;;
    'secret') words='new rotate status --help' ;;
    'secret new') words='--help' files=yes ;;
    'secret rotate') words='--help' files=yes ;;
    'secret status') words='--help' ;;
    'nginx') words='lint print --help' ;;
    'nginx lint') words='--help' files=yes ;;
    'nginx print') words='--help --to --shipped' ;;
  esac
  case ${COMP_WORDS[COMP_CWORD - 1]} in
    -c | --config | --cookie | --nginx | --to | --shipped) words='' files=yes ;;
  esac
  mapfile -t COMPREPLY < <(
    compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"
    [ -z "$files" ] || compgen -f -- "${COMP_WORDS[COMP_CWORD]}"
  )
}
complete -o filenames -F _sessionctl sessionctl
