#!/usr/bin/env bash
# Entry point of the Ghost image built by the sandbox. It does what callers of the official image rely on: before `node current/index.js`
# it fills a new content directory, and as root it hands that directory to the user node and goes on as that user. Any other command is
# just run.
set -euo pipefail

if [[ $* != node*current/index.js* ]]; then
  exec "$@"
fi

if ((EUID == 0)); then
  find "$GHOST_CONTENT" ! -user node -exec chown node:node {} +
  exec setpriv --reuid=node --regid=node --init-groups "$0" "$@"
fi

# Only what is not there yet: a theme that came with Ghost appears after an upgrade, a file that somebody changed stays as it is.
original=$GHOST_INSTALL/content.orig
for source in "$original"/*/ "$original"/themes/*/; do
  source=${source%/}
  target=$GHOST_CONTENT${source#"$original"}
  if [[ ! -e $target ]]; then
    mkdir -p "$(dirname "$target")"
    # Copied beside and renamed: a container killed meanwhile leaves no half theme that the next start takes for whole.
    rm -rf "$target.seeding"
    cp -R "$source" "$target.seeding"
    mv "$target.seeding" "$target"
  fi
done

exec "$@"
