# shellcheck shell=bash
# The stand-in for the proxy of Ghost's makers that takes page hits: one file of JavaScript, at the place the official image has its program. Raise
# TRAFFIC_ANALYTICS_STANDIN_VERSION when the packages it is bundled with change.
esbuild=$here/../../node_modules/.bin/esbuild
[[ -x $esbuild ]] || fail "the stand-in for the proxy of the web analytics is bundled with the project's packages: run npm ci first"

mkdir -p "$root/app/dist"
"$esbuild" "$here/traffic-analytics-standin/main.ts" --bundle --platform=node --target=node22 --log-level=warning \
  --outfile="$root/app/dist/server.js" 2>> "$log"
