# shellcheck shell=bash
# The products of the example shop: the program and the packages its lock file names, in one file (sources of $SHOP_PRODUCTS_VERSION).
esbuild=$here/../../node_modules/.bin/esbuild
[[ -x $esbuild ]] || fail "the products of the shop are bundled with the project's packages: run npm ci first"
cp -r "$here/../../examples/shop/products" "$work/source"
(cd "$work/source" && npm ci --silent --ignore-scripts >> "$log" 2>&1)
mkdir -p "$root/app"
# pg-native is an addition of one's own to pg, asked for only where it is wanted.
"$esbuild" "$work/source/main.mjs" --bundle --platform=node --target=node22 --external:pg-native --log-level=warning \
  --outfile="$root/app/products.js" 2>> "$log"
