# shellcheck shell=bash
# The orders of the example shop (sources of $SHOP_ORDERS_VERSION).
mkdir -p "$root/app"
cp "$here"/../../examples/shop/orders/{main,orders}.py "$root/app/"
