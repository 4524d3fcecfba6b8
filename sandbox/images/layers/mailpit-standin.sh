# shellcheck shell=bash
# The stand-in for Mailpit: one file of JavaScript, at the place the official image has its program. Raise MAILPIT_STANDIN_VERSION when the
# packages it is bundled with change.
esbuild=$here/../../node_modules/.bin/esbuild
[[ -x $esbuild ]] || fail "the stand-in for Mailpit is bundled with the project's packages: run npm ci first"

# A heap of 64 MiB leaves room in the 128 MiB that Mailpit gets.
"$esbuild" "$here/mailpit-standin/main.ts" --bundle --platform=node --target=node22 --log-level=warning --outfile="$work/mailpit" \
  --banner:js='#!/usr/local/bin/node --max-old-space-size=64' 2>> "$log"
install_executable "$work/mailpit" mailpit
