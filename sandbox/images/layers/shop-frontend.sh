# shellcheck shell=bash
# The pages of the example shop (sources of $SHOP_FRONTEND_VERSION).
mkdir -p "$root/usr/share/nginx/html"
cp "$here"/../../examples/shop/frontend/*.{html,css,js} "$root/usr/share/nginx/html/"
