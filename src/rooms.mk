# The rooms of the house and what each may include: its needs, from the one below it to the ground. The include
# lint reads this file, and the Makefile links each room's tests with these rooms and no others.

ROOMS := base os http config session users appcache redis endpoints fastcgi

NEEDS_base      :=
NEEDS_os        := base
NEEDS_http      := base
NEEDS_config    := base
NEEDS_session   := http base
NEEDS_users     := config base
NEEDS_appcache  := base
NEEDS_redis     := appcache users session http config base
NEEDS_endpoints := appcache users session http config base
NEEDS_fastcgi   := http os base
