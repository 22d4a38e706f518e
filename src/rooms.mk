# The rooms of the house and what each may include: its needs, from the one below it to the ground. The include
# lint reads this file, and the Makefile links each room's tests with these rooms and no others. A room may have
# folders inside; they belong to it.

# Programs beside the daemon, with a folder each; they stand above all rooms.
PROGRAMS := sessionctl

ROOMS := base os nginx json yaml http session login redis endpoints fastcgi config

NEEDS_base      :=
NEEDS_os        := base
NEEDS_nginx     := base
NEEDS_json      := base
NEEDS_yaml      := base
NEEDS_http      := base
NEEDS_session   := json http base
NEEDS_login     := json http base
NEEDS_redis     := login session json http os base
NEEDS_endpoints := login session json yaml http base
NEEDS_fastcgi   := http os base
NEEDS_config    := fastcgi endpoints redis login session json yaml http os base
