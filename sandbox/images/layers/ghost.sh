# shellcheck shell=bash
# Ghost from npm, laid out as the official image lays it out: /var/lib/ghost/current -> versions/<version>, the content directory empty,
# its first content in content.orig for the entry point to copy.
install=$root/var/lib/ghost
version=$install/versions/$GHOST_VERSION

mkdir -p "$version"
cd "$work"
npm pack --silent "ghost@$GHOST_VERSION" > "$log"
tar -xzf "ghost-$GHOST_VERSION.tgz" -C "$version" --strip-components 1
ln -s "versions/$GHOST_VERSION" "$install/current"

announce "ghost: installing the packages its lock file names (a minute or two)"
# Without scripts: sharp comes prebuilt, re2 falls back to RegExp, better-sqlite3 is not needed with MySQL; and a compiler on this machine
# would build for this machine's Node, not for the image's. Not --no-optional: it would drop sharp's binaries.
(cd "$version" && npx --yes "pnpm@$PNPM_VERSION" install --prod --frozen-lockfile --ignore-scripts --store-dir "$work/pnpm-store" >> "$log" 2>&1)

# A third of it is never read at run time: source maps, type declarations, the compiler.
find "$version" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
rm -rf "$version"/node_modules/.pnpm/typescript@*

cp -r "$version/content" "$install/content.orig"
mkdir -p "$install/content.orig"/{apps,data,files,images,logs,media,public,settings,themes}
mkdir -m 1777 "$install/content"
cp "$here/ghost/config.production.json" "$install/"
ln -s config.production.json "$install/config.development.json"
chown -R 1000:1000 "$install"

install_executable "$here/ghost/docker-entrypoint.sh" usr/local/bin/docker-entrypoint.sh
