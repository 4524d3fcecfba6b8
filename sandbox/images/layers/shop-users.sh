# shellcheck shell=bash
# The users of the example shop: one program that needs no file beside it (sources of $SHOP_USERS_VERSION).
command -v go > /dev/null || fail "the users of the shop are written in Go: install Go 1.24 or newer (https://go.dev/dl)"
(cd "$here/../../examples/shop/users" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/users" . >> "$log" 2>&1)
install_executable "$work/users" users
mkdir -p "$root/tmp"
chmod 1777 "$root/tmp"
