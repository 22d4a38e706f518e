#compdef sessionctl
# Completion of sessionctl for zsh; made by `sessionctl --completion zsh`.

_sessionctl() {
  local place='' files='' word
  local -a commands options
  for word in "${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
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
    '')
      commands=(
        'check:check the configuration, and every file that it names, as a start would'
        'reload:have the running daemon put a changed configuration in force'
        'doctor:walk the whole chain (configuration, daemon, Redis, nginx, a check) and say what is wrong, with the command that mends it; changes nothing'
        'status:what the running daemon says of itself'
        'session:who is logged in, and logging them out'
        'user:users in Redis (login.authenticators: [redis]); those of the password file are shown only'
        'explain:say step by step why a request with this cookie is let in or refused, and what to do; says neither a secret nor a session’s id, and changes nothing'
        'throttle:wrong passwords that were counted, and who has to wait (login.throttle)'
        'secret:the secrets that sign and verify cookies (session.secret_files)'
        'nginx:nginx’s side of it')
      options=(
        '--help:Print this help message and exit'
        '--config:configuration file'
        '--json:say it as one JSON object'
        '--version:Display program version information and exit')
      ;;
    'check')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'reload')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'doctor')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--nginx:nginx’s configuration: a file with its includes, or the output of nginx -T, which is run without this; - is standard input')
      ;;
    'status')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'session')
      commands=(
        'list:list the sessions there are: handle, user, since when, last used, from where; without --user by looking at every key in Redis'
        'show:say what is known of one session'
        'revoke:log out: end these sessions, or all of a user, for good; every sessiond refuses them within session.cache.max_staleness')
      options=(
        '--help:Print this help message and exit')
      ;;
    'session list')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--user:only those of the user with this id (session.user_id_at)'
        '--scan:with --user: also sessions that no check has seen yet, by looking at every key'
        '--anonymous:without --user: also sessions in which nobody is logged in')
      ;;
    'session show')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--user:whose it is: then not every key has to be looked at')
      ;;
    'session revoke')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--user:all of the user with this id; with handles: whose they are'
        '--scan:with --user: also sessions that no check has seen yet, by looking at every key'
        '--all:of everybody, and so without handles and --user: logins here at once, then what applications made, page by page'
        '--from:with --all: go on with what was cut off, from where it said'
        '--yes:do not ask; needed where nobody sits at a terminal')
      ;;
    'user')
      commands=(
        'add:add a user; asks for the password'
        'passwd:give a user another password, and end the user’s sessions'
        'disable:let nobody log in as this user any more, and end the user’s sessions'
        'enable:take `user disable` back'
        'del:remove a user, and end the user’s sessions'
        'show:say what is known of a user'
        'list:list the users in Redis and in the password file'
        'import:add the users of a file in the form of htpasswd (NAME:HASH, or NAME:HASH:id=42;name=Ada;roles=admin,staff): all of them, or none if a line is bad or a name is taken')
      options=(
        '--help:Print this help message and exit')
      ;;
    'user add')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--id:what applications and `session --user` know the user by; default: the name'
        '--name:what the user is called on pages; default: the name'
        '--email:the address that applications are told'
        '--role:a role, which policies and applications know; may be given several times'
        '--disabled:nobody can log in as this user until `user enable`'
        '--stdin:read the password from standard input, one line, instead of asking twice')
      ;;
    'user passwd')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--stdin:read the password from standard input, one line, instead of asking twice')
      ;;
    'user disable')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'user enable')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'user del')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--yes:do not ask; needed where nobody sits at a terminal')
      ;;
    'user show')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'user list')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'user import')
      commands=()
      options=(
        '--help:Print this help message and exit')
      files=yes
      ;;
    'explain')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--cookie:a file with the request’s Cookie header, or the session cookie’s value; - is standard input, so that the cookie is in no list of processes'
        '--policy:the policy that nginx names there ($sessiond_policy)'
        '--url:the address that was asked for: path and query')
      ;;
    'throttle')
      commands=(
        'list:list what is counted; without --user and --network all of it, by looking at every key in Redis: whose it is, is not to be seen there'
        'clear:forget what is counted: tries are let in again')
      options=(
        '--help:Print this help message and exit')
      ;;
    'throttle list')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--user:tries as this user: of strangers and at known places; devices cannot be found by the user’s name'
        '--network:tries of strangers from this address’s network')
      ;;
    'throttle clear')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--user:tries as this user: of strangers and at known places; devices cannot be found by the user’s name'
        '--network:tries of strangers from this address’s network'
        '--all:all of it'
        '--yes:with --all: do not ask')
      ;;
    'secret')
      commands=(
        'new:write a new secret to a file that is not there yet; nothing uses it by that'
        'rotate:have another secret sign from now on, while what the old ones have signed stays good: makes the file if it is not there, puts it first in session.secret_files, and reloads'
        'status:say which secrets are still seen, and when an old one can go')
      options=(
        '--help:Print this help message and exit')
      ;;
    'secret new')
      commands=()
      options=(
        '--help:Print this help message and exit')
      files=yes
      ;;
    'secret rotate')
      commands=()
      options=(
        '--help:Print this help message and exit')
      files=yes
      ;;
    'secret status')
      commands=()
      options=(
        '--help:Print this help message and exit')
      ;;
    'nginx')
      commands=(
        'lint:say what is dangerous in an nginx configuration: a file with its includes, or nginx -T’s output'
        'print:write the snippets for this configuration')
      options=(
        '--help:Print this help message and exit')
      ;;
    'nginx lint')
      commands=()
      options=(
        '--help:Print this help message and exit')
      files=yes
      ;;
    'nginx print')
      commands=()
      options=(
        '--help:Print this help message and exit'
        '--to:the folder to write them to, instead of standard output'
        '--shipped:the folder of the shipped ones, if they are not beside this program')
      ;;
  esac
  case $words[CURRENT-1] in
    -c|--config|--cookie|--nginx|--to|--shipped) _files; return ;;
  esac
  (( $#commands )) && _describe command commands
  (( $#options )) && _describe -o option options
  [[ -z $files ]] || _files
}

_sessionctl "$@"
