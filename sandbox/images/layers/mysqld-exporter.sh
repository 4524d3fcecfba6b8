# shellcheck shell=bash
# The MySQL exporter from its Go module ($MYSQLD_EXPORTER_VERSION): Debian's is too old for SHOW REPLICA STATUS.
command -v go > /dev/null || fail "the MySQL exporter is built from its Go module: install Go 1.24 or newer (https://go.dev/dl)"
module=github.com/prometheus/mysqld_exporter
asked=$(cd "$here/mysqld-exporter" && go list -mod=readonly -m -f '{{.Version}}' "$module" 2>> "$log")
[[ $asked == "v$MYSQLD_EXPORTER_VERSION" ]] ||
  fail "mysqld-exporter/go.mod asks for $asked, versions.env for $MYSQLD_EXPORTER_VERSION: a tag must not lie about what is inside"
(cd "$here/mysqld-exporter" && CGO_ENABLED=0 go build -mod=readonly -trimpath \
  -ldflags "-s -w -X github.com/prometheus/common/version.Version=$MYSQLD_EXPORTER_VERSION" -o "$work/mysqld_exporter" "$module" >> "$log" 2>&1)
install_executable "$work/mysqld_exporter" usr/bin/mysqld_exporter
