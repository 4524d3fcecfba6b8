# shellcheck shell=bash
# Caddy from Debian unstable (packages of $PACKAGES_VERSION, $UNSTABLE_VERSION, programs of $PROGRAMS_VERSION), with the folders of the official image. Its program
# has no right to ports below 1024: who runs it takes others.
unpack_unstable caddy CADDY_VERSION
keep_programs caddy=caddy
mkdir -p "$root"/{config,data}/caddy "$root"/etc/caddy "$root"/usr/share/caddy "$root"/srv
printf ':80\nroot * /usr/share/caddy\nfile_server\n' > "$root/etc/caddy/Caddyfile"
