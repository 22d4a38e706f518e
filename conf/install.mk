# What is installed, and where; and what takes it away again. Included by the Makefile.

# Installed with `make install`; GNU's names (https://www.gnu.org/prep/standards/html_node/Directory-Variables.html).
# sysconfdir is /etc whatever the prefix, because that is where sessiond looks for its configuration.
prefix      ?= /usr/local
exec_prefix ?= $(prefix)
sbindir     ?= $(exec_prefix)/sbin
libdir      ?= $(exec_prefix)/lib
datarootdir ?= $(prefix)/share
docdir      ?= $(datarootdir)/doc/sessiond
sysconfdir  ?= /etc
unitdir     ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
mandir      ?= $(datarootdir)/man
# nginx finds the snippets as `include sessiond/...`: a link in its folder, so that an update reaches them. Who wants to
# change them puts a folder in the link's place.
snippetdir  ?= $(datarootdir)/sessiond/nginx
nginxdir    ?= $(sysconfdir)/nginx/sessiond
# The pages' texts, to begin a site's own from; the program has them in itself.
messagesdir ?= $(datarootdir)/sessiond/messages
# Where Debian's shells look for completions.
bashdir     ?= $(datarootdir)/bash-completion/completions
zshdir      ?= $(datarootdir)/zsh/vendor-completions
fishdir     ?= $(datarootdir)/fish/vendor_completions.d
monitoringdir ?= $(datarootdir)/sessiond/monitoring
INSTALL     ?= install

# Units, examples and pages name the paths of the default prefix; what is installed names those that were asked for.
place = $(INSTALL) -d '$(DESTDIR)$(dir $(2))' && sed -e 's|/usr/local/sbin/|$(sbindir)/|g' \
        -e 's|/usr/local/share/doc/sessiond|$(docdir)|g' -e 's|/etc/sessiond/|$(sysconfdir)/sessiond/|g' $(links) $(1) \
        >'$(DESTDIR)$(2)' && chmod 644 '$(DESTDIR)$(2)'
# Where the links of the pages lead when they are installed. What only the sources have is left out.
links = -e '/](conf\/container)/d' -e '/](CONTRIBUTING.md)/d' \
        -e 's|](conf/guide/|](guide/|g' -e 's|](conf/sessiond.yaml)|](sessiond.yaml)|g' \
        -e 's|](conf/monitoring)|]($(monitoringdir))|g' -e 's|](nginx/examples)|](examples)|g' \
        -e 's|](../../nginx/examples|](../examples|g' -e 's|](nginx\([/)]\)|]($(snippetdir)\1|g'
guides = $(wildcard conf/guide/*.md)

# Where Debian looks for them (Policy 12.6); not beside the snippets, because nothing includes them.
examples      := $(wildcard nginx/examples/*/*)
place_example  = $(call place,$(1),$(patsubst nginx/%,$(docdir)/%,$(1)))

kept  := kept-by-removal
# Since version 254, systemd has RestartMode=; earlier ones complain of it.
knows_restart_mode = $(shell [ "$$(pkg-config --modversion libsystemd 2>/dev/null || echo 0)" -ge 254 ] && echo yes)
units := sessiond.service sessiond.socket sessiond-pause.service sessiond-retry.timer

# sessiond.yaml(5) is what the commented reference says, sessionctl(1) what its own help does.
.PHONY: manuals
manuals: $(BUILD)/man/sessiond.8 $(BUILD)/man/sessionctl.1 $(BUILD)/man/sessiond.yaml.5
$(BUILD)/man/%.8: conf/man/%.8
	@mkdir -p $(@D) && cp $< $@
$(BUILD)/man/sessionctl.1: $(OUT)/sessionctl
	@mkdir -p $(@D) && $< --manual >$@
$(BUILD)/man/sessiond.yaml.5: conf/sessiond.yaml conf/man/make-reference
	@mkdir -p $(@D) && conf/man/make-reference $< >$@

.PHONY: install
install: all manuals ## install under $(DESTDIR)$(prefix) and $(sysconfdir); never overwrites configuration, starts nothing
	$(INSTALL) -d '$(DESTDIR)$(sbindir)' '$(DESTDIR)$(snippetdir)' '$(DESTDIR)$(docdir)' '$(DESTDIR)$(sysconfdir)/sessiond'
	$(INSTALL) -m 755 $(OUT)/sessiond $(OUT)/sessionctl '$(DESTDIR)$(sbindir)'
	$(INSTALL) -m 644 nginx/*.conf '$(DESTDIR)$(snippetdir)'
	$(OUT)/sessiond --write-pages '$(DESTDIR)$(snippetdir)/pages'
	$(INSTALL) -d '$(DESTDIR)$(messagesdir)'
	$(INSTALL) -m 644 src/endpoints/pages/messages/*.yaml '$(DESTDIR)$(messagesdir)'
	$(foreach guide,$(guides),$(call place,$(guide),$(docdir)/guide/$(notdir $(guide))) &&) :
	$(INSTALL) -d '$(DESTDIR)$(monitoringdir)'
	$(INSTALL) -m 644 conf/monitoring/* '$(DESTDIR)$(monitoringdir)'
	$(INSTALL) -m 644 SECURITY.md CHANGELOG.md LICENSE conf/sessiond.schema.json conf/audit.schema.json conf/log.schema.json \
	  conf/sessionctl.schema.json '$(DESTDIR)$(docdir)'
	$(call place,README.md,$(docdir)/README.md)
	$(call place,conf/sessiond.yaml,$(docdir)/sessiond.yaml)
	$(INSTALL) -d '$(DESTDIR)$(docdir)/.pictures'
	$(INSTALL) -m 644 .pictures/*.png '$(DESTDIR)$(docdir)/.pictures'
	$(foreach example,$(examples),$(call place_example,$(example)) &&) :
	$(call place,conf/fail2ban/sessiond.conf,$(docdir)/examples/fail2ban/sessiond.conf)
	$(foreach unit,$(units),$(call place,systemd/$(unit),$(unitdir)/$(unit)) &&) :
	$(if $(knows_restart_mode),,sed -i -e '/^# Or each restart would count/,/^RestartMode=/d' '$(DESTDIR)$(unitdir)/sessiond.service')
	$(call place,systemd/sessiond.sysusers,$(sysusersdir)/sessiond.conf)
	$(call place,conf/completion/sessionctl.bash,$(bashdir)/sessionctl)
	$(call place,conf/completion/sessionctl.zsh,$(zshdir)/_sessionctl)
	$(call place,conf/completion/sessionctl.fish,$(fishdir)/sessionctl.fish)
	$(call place,$(BUILD)/man/sessiond.8,$(mandir)/man8/sessiond.8)
	$(call place,$(BUILD)/man/sessionctl.1,$(mandir)/man1/sessionctl.1)
	$(call place,$(BUILD)/man/sessiond.yaml.5,$(mandir)/man5/sessiond.yaml.5)
	test -e '$(DESTDIR)$(sysconfdir)/sessiond/sessiond.yaml' || \
	  { $(call place,conf/sessiond.yaml,$(sysconfdir)/sessiond/sessiond.yaml); }
	$(INSTALL) -d '$(DESTDIR)$(sysconfdir)/nginx'
	@test -e '$(DESTDIR)$(nginxdir)/$(kept)' || exit 0; cd '$(DESTDIR)$(nginxdir)'; \
	if sha256sum --check --status $(kept) && \
	  test "$$(find . ! -type d ! -name $(kept) | wc -l)" = "$$(wc -l <$(kept))"; then rm -r '$(DESTDIR)$(nginxdir)'; \
	else rm $(kept); echo '$(nginxdir) was changed since sessiond was removed, and stays; ours is $(snippetdir)'; fi
	test -e '$(DESTDIR)$(nginxdir)' -o -L '$(DESTDIR)$(nginxdir)' || ln -s '$(snippetdir)' '$(DESTDIR)$(nginxdir)'

# Links that `systemctl enable` has made would dangle, and so would nginx's link to the snippets: where a configuration
# of nginx includes them, they become files of its own, and nginx starts, refuses what they protect, and says why. What
# they are is listed, so that make install puts a link in their place, unless somebody has changed them.
.PHONY: uninstall
uninstall: ## remove what was installed, but not the configuration; stops and disables the units
	test -n '$(DESTDIR)' || ! command -v systemctl >/dev/null || { \
	  systemctl disable sessiond.service sessiond.socket 2>/dev/null; systemctl stop $(units) 2>/dev/null; \
	  rm -rf /run/sessiond; }
	@link='$(DESTDIR)$(nginxdir)'; \
	reads=$$(test -n '$(DESTDIR)' || nginx -T 2>/dev/null | sed -n 's/^# configuration file \(.*\):$$/\1/p'); \
	if echo "$$reads" | grep -q '^$(snippetdir)/'; then \
	  echo 'nginx includes files of $(snippetdir) by that name, and will not start without them: take these lines out'; fi; \
	if test -L "$$link" && test "$$(readlink -m "$$link")" = "$$(readlink -m '$(snippetdir)')"; then rm "$$link"; \
	  if grep -Rqs --devices=skip '^[^#]*include.*sessiond/' '$(DESTDIR)$(sysconfdir)/nginx' || \
	    echo "$$reads" | grep -q '^$(nginxdir)/'; then \
	    cp -r '$(DESTDIR)$(snippetdir)' '$(DESTDIR)$(nginxdir)'; \
	    sums=$$(cd '$(DESTDIR)$(nginxdir)' && find . -type f -exec sha256sum {} +); \
	    echo "$$sums" >'$(DESTDIR)$(nginxdir)/$(kept)'; \
	    echo 'nginx still includes $(nginxdir): kept there. What they protect is answered 503 now.'; fi; fi
	rm -f '$(DESTDIR)$(sbindir)/sessiond' '$(DESTDIR)$(sbindir)/sessionctl' '$(DESTDIR)$(sysusersdir)/sessiond.conf' \
	  $(foreach unit,$(units),'$(DESTDIR)$(unitdir)/$(unit)')
	rm -rf '$(DESTDIR)$(messagesdir)' '$(DESTDIR)$(monitoringdir)' '$(DESTDIR)$(snippetdir)' '$(DESTDIR)$(docdir)'
	rm -f '$(DESTDIR)$(bashdir)/sessionctl' '$(DESTDIR)$(zshdir)/_sessionctl' '$(DESTDIR)$(fishdir)/sessionctl.fish'
	rm -f '$(DESTDIR)$(mandir)/man8/sessiond.8' '$(DESTDIR)$(mandir)/man1/sessionctl.1' \
	  '$(DESTDIR)$(mandir)/man5/sessiond.yaml.5'
	-rmdir '$(DESTDIR)$(dir $(snippetdir))' 2>/dev/null
	test -n '$(DESTDIR)' || ! command -v systemctl >/dev/null || systemctl daemon-reload 2>/dev/null || :
