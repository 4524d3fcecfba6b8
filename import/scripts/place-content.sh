#!/bin/sh
# Puts the files in place that came into $staging, in Ghost's container: each entry of $folders over that of the same name. Says how many came.
set -eu

: "${content:?}" "${folders:?}" "${staging:?}"
echo "-- fact files $(find "$staging" -type f | wc -l)"
for folder in $folders; do
  [ -d "$staging/$folder" ] || continue
  mkdir -p "$content/$folder"
  for entry in "$staging/$folder"/* "$staging/$folder"/.[!.]*; do
    [ -e "$entry" ] || continue
    rm -rf "${content:?}/$folder/${entry##*/}"
    mv "$entry" "$content/$folder/"
  done
done
rm -rf "$staging"
