# shellcheck shell=bash
# The layers of images: a script under layers/ fills a folder, which becomes an archive in the cache. Expects of build.sh: here, images,
# scratch, architecture, debian_mirror.
# shellcheck disable=SC2154

# layer_hash NAME: of the layer's script, the folder of the same name, this file, and the versions the script mentions (those only: a new
# Ghost does not build MySQL again).
layer_hash() (
  cd "$here"
  inputs=("layers/$1.sh" layer.sh)
  if [[ -d $1 ]]; then inputs+=("$1"); fi
  {
    recipe_hash "${inputs[@]}"
    echo "$debian_mirror $architecture"
    { grep -oE '[A-Z_]+_VERSION' "layers/$1.sh" || true; } | sort -u | while read -r name; do echo "$name=${!name}"; done
  } | sha256sum | cut -c 1-12
)

# build_layers LAYER...: makes each layer that the cache lacks; leaves their archives, lowest first, in `layer_archives`.
build_layers() {
  local name archive root log work status
  layer_archives=()
  for name in "$@"; do
    archive=$images/layers/$name-$(layer_hash "$name").tar
    if [[ ! -f $archive ]]; then
      announce "layer $name"
      work=$scratch/$name
      root=$work/root
      log=$work/log
      mkdir -p "$root"
      # A shell of its own keeps the layer's directory and variables apart. Not inside an `if`: there bash ignores failing commands.
      set +e
      (
        set -e
        # shellcheck source=/dev/null
        source "$here/layers/$name.sh"
      )
      status=$?
      set -e
      if ((status > 0)); then
        tail -n 20 "$log" >&2 || true
        fail "layer $name could not be built (the last lines of its programs are above)"
      fi
      # The same files give the same archive: no times, names in order.
      tar --create --file "$work/layer.tar" --directory "$root" --sort=name --mtime=@0 --numeric-owner .
      mv "$work/layer.tar" "$archive"
      find "$images/layers" -name "$name-????????????.tar" ! -path "$archive" -delete
      rm -rf --one-file-system "$work"
      announce "layer $name: $(du -m "$archive" | cut -f 1) MB"
    fi
    layer_archives+=("$archive")
  done
}

# For the layers' scripts ------------------------------------------------------------------------------------------------------------

# strip_debian: what a container never reads; a package's licence stays.
strip_debian() {
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  rm -rf "$root"/usr/share/{man,info,locale,lintian} "$root"/var/lib/apt/lists/* "$root"/var/cache/{apt,debconf}/* "$root"/var/log/*
}

# lower_file PATH: a file as the layers below have it.
lower_file() {
  local index
  for ((index = ${#layer_archives[@]} - 1; index >= 0; index--)); do
    if tar -xOf "${layer_archives[index]}" "./$1" 2> /dev/null; then return; fi
  done
  fail "no layer below has $1"
}

# install_executable FILE PATH
install_executable() {
  install -D --mode 755 "$1" "$root/$2"
}
