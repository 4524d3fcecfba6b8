#!/usr/bin/env bash
# build.sh [ghost|mysql|busybox|mailpit|pause|nginx]... : builds images from package registries into the cache (when none is named, those that
# a stack is made of, and pause), for machines that reach no image registry. Prints the archive of each as its last lines, `image archive`: `docker load` and
# `ctr images import` take them.
#
# An image is a list of layers, a layer a script under layers/ that fills a folder. Both are kept under the hash of their recipe: what has
# not changed is not built again. The first build of everything takes 3 to 6 minutes on two cores.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"
source "$here/../shell/debian.sh"
source "$here/versions.env"
source "$here/layer.sh"
source "$here/packages.sh"
source "$here/programs.sh"
source "$here/unstable.sh"

images=$cache_folder/images

# describe NAME: sets what the image NAME is: reference, layers (lowest first), configuration as the image format has it (JSON), and how
# it was built, in words.
describe() {
  case $1 in
    ghost)
      reference=$GHOST_IMAGE
      layers=(debian node ghost)
      built="Ghost $GHOST_VERSION from npm on Node $NODE_VERSION and Debian 12; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","NODE_ENV=production","NODE_VERSION='$NODE_VERSION'",
        "GHOST_VERSION='$GHOST_VERSION'","GHOST_INSTALL=/var/lib/ghost","GHOST_CONTENT=/var/lib/ghost/content"],
        "WorkingDir":"/var/lib/ghost","ExposedPorts":{"2368/tcp":{}},"Volumes":{"/var/lib/ghost/content":{}},
        "Entrypoint":["docker-entrypoint.sh"],"Cmd":["node","current/index.js"]'
      ;;
    mysql)
      reference=$MYSQL_IMAGE
      layers=(mysql)
      built="MySQL $MYSQL_VERSION from Debian unstable; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","MYSQL_VERSION='$MYSQL_VERSION'"],
        "ExposedPorts":{"3306/tcp":{},"33060/tcp":{}},"Volumes":{"/var/lib/mysql":{}},
        "Entrypoint":["docker-entrypoint.sh"],"Cmd":["mysqld"]'
      ;;
    haproxy)
      reference=$HAPROXY_IMAGE
      layers=(haproxy)
      built="HAProxy $HAPROXY_VERSION from Debian unstable; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","HAPROXY_VERSION='$HAPROXY_VERSION'"],
        "User":"haproxy","WorkingDir":"/var/lib/haproxy","StopSignal":"SIGUSR1",
        "Cmd":["haproxy","-f","/usr/local/etc/haproxy/haproxy.cfg"]'
      ;;
    busybox)
      reference=$BUSYBOX_IMAGE
      layers=(busybox)
      built="busybox $BUSYBOX_VERSION from Debian 12; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["sh"]'
      ;;
    nginx)
      reference=$NGINX_IMAGE
      layers=(nginx)
      built="nginx $NGINX_VERSION from Debian 12; not the official image"
      # As the official image: QUIT lets requests in flight end.
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","NGINX_VERSION='$NGINX_VERSION'"],
        "ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGQUIT","Cmd":["nginx","-g","daemon off;"]'
      ;;
    caddy)
      reference=$CADDY_IMAGE
      layers=(debian wget caddy)
      built="Caddy $CADDY_VERSION from Debian unstable; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","CADDY_VERSION=v'$CADDY_VERSION'",
        "XDG_CONFIG_HOME=/config","XDG_DATA_HOME=/data"],"WorkingDir":"/srv",
        "ExposedPorts":{"80/tcp":{},"443/tcp":{},"443/udp":{},"2019/tcp":{}},
        "Cmd":["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]'
      ;;
    rclone)
      reference=$RCLONE_IMAGE
      layers=(debian rclone)
      built="rclone $RCLONE_VERSION from Debian unstable; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"WorkingDir":"/data","Entrypoint":["rclone"]'
      ;;
    pebble)
      # For tests alone: an authority whose certificates nobody trusts, and a name server that knows every name.
      reference=$PEBBLE_IMAGE
      layers=(debian pebble)
      built="Pebble $PEBBLE_VERSION from Debian unstable, the ACME authority for tests"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Entrypoint":["pebble"]'
      ;;
    mailpit)
      reference=$MAILPIT_IMAGE
      layers=(debian node mailpit-standin)
      built="a small stand-in with the ports, settings and message API of Mailpit, made for tests; not Mailpit"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","NODE_VERSION='$NODE_VERSION'"],
        "ExposedPorts":{"1025/tcp":{},"8025/tcp":{}},"Entrypoint":["/mailpit"]'
      ;;
    traffic-analytics)
      reference=$TRAFFIC_ANALYTICS_IMAGE
      layers=(debian wget node traffic-analytics-standin)
      built="a small stand-in with the address and settings of the proxy of Ghost's makers that takes page hits, made for tests; not that proxy"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","NODE_VERSION='$NODE_VERSION'"],
        "WorkingDir":"/app","Cmd":["node","--enable-source-maps","dist/server.js"]'
      ;;
    pause)
      # What holds the network namespace of a pod has nothing to do but to stay, and to go when it is told to.
      reference=$PAUSE_IMAGE
      layers=(busybox)
      built="sleeps until it is told to stop: the sandbox container of Kubernetes pods"
      configuration='"Env":["PATH=/bin"],"Entrypoint":["/bin/sh","-c","trap '"'exit 0'"' TERM INT; while :; do sleep 86400 & wait $!; done"]'
      ;;
    postgres)
      reference=$POSTGRES_IMAGE
      layers=(debian postgres)
      built="PostgreSQL $POSTGRES_VERSION from Debian 12; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"ExposedPorts":{"5432/tcp":{}},
        "Volumes":{"/var/lib/postgresql/data":{}},"Entrypoint":["docker-entrypoint.sh"],"Cmd":["postgres"],"StopSignal":"SIGINT"'
      ;;
    redis)
      reference=$REDIS_IMAGE
      layers=(debian redis)
      built="Redis $REDIS_VERSION from Debian 12; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"ExposedPorts":{"6379/tcp":{}},
        "WorkingDir":"/data","Volumes":{"/data":{}},"Cmd":["redis-server"]'
      ;;
    rabbitmq)
      reference=$RABBITMQ_IMAGE
      layers=(debian rabbitmq)
      built="RabbitMQ $RABBITMQ_VERSION with its management page from Debian 12; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","HOME=/var/lib/rabbitmq","LANG=C.UTF-8"],
        "ExposedPorts":{"5672/tcp":{},"15672/tcp":{}},"Volumes":{"/var/lib/rabbitmq":{}},"Cmd":["rabbitmq-server"]'
      ;;
    wordpress)
      reference=$WORDPRESS_IMAGE
      layers=(debian wordpress)
      built="WordPress $WORDPRESS_VERSION, Apache and PHP from Debian 12; not the official image"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"ExposedPorts":{"80/tcp":{}},
        "WorkingDir":"/var/www/html","Volumes":{"/var/www/html":{}},
        "Entrypoint":["docker-entrypoint.sh"],"Cmd":["apache2-foreground"],"StopSignal":"SIGWINCH"'
      ;;
    prometheus)
      reference=$PROMETHEUS_IMAGE
      layers=(debian wget prometheus)
      built="Prometheus $PROMETHEUS_VERSION from Debian 12; not the official image"
      configuration='"User":"nobody","WorkingDir":"/prometheus","Volumes":{"/prometheus":{}},"ExposedPorts":{"9090/tcp":{}},"Entrypoint":["/bin/prometheus"]'
      ;;
    alertmanager)
      reference=$ALERTMANAGER_IMAGE
      layers=(debian wget alertmanager)
      built="Alertmanager $ALERTMANAGER_VERSION from Debian 12; not the official image"
      configuration='"User":"nobody","WorkingDir":"/alertmanager","Volumes":{"/alertmanager":{}},"ExposedPorts":{"9093/tcp":{}},"Entrypoint":["/bin/alertmanager"]'
      ;;
    blackbox-exporter)
      reference=$BLACKBOX_EXPORTER_IMAGE
      layers=(debian wget blackbox-exporter)
      built="the blackbox exporter $BLACKBOX_EXPORTER_VERSION from Debian 12; not the official image"
      configuration='"User":"nobody","ExposedPorts":{"9115/tcp":{}},"Entrypoint":["/bin/blackbox_exporter"]'
      ;;
    node-exporter)
      reference=$NODE_EXPORTER_IMAGE
      layers=(debian wget node-exporter)
      built="the node exporter $NODE_EXPORTER_VERSION from Debian 12; not the official image"
      configuration='"User":"nobody","ExposedPorts":{"9100/tcp":{}},"Entrypoint":["/bin/node_exporter"]'
      ;;
    mysqld-exporter)
      reference=$MYSQLD_EXPORTER_IMAGE
      layers=(debian wget mysqld-exporter)
      built="the MySQL exporter $MYSQLD_EXPORTER_VERSION from its Go module; not the official image"
      configuration='"User":"nobody","ExposedPorts":{"9104/tcp":{}},"Entrypoint":["/bin/mysqld_exporter"]'
      ;;
    shop-frontend)
      reference=$SHOP_FRONTEND_IMAGE
      layers=(nginx shop-frontend)
      built="the pages of the example shop, served by nginx"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["nginx","-g","daemon off;"],"StopSignal":"SIGQUIT"'
      ;;
    shop-products)
      reference=$SHOP_PRODUCTS_IMAGE
      layers=(debian node shop-products)
      built="the products of the example shop, on Node $NODE_VERSION"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Entrypoint":["node","/app/products.js"]'
      ;;
    shop-orders)
      reference=$SHOP_ORDERS_IMAGE
      layers=(debian python shop-orders)
      built="the orders of the example shop, on Python from Debian 12"
      configuration='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","PYTHONUNBUFFERED=1","PYTHONDONTWRITEBYTECODE=1"],
        "Entrypoint":["python3","/app/main.py"]'
      ;;
    shop-users)
      reference=$SHOP_USERS_IMAGE
      layers=(shop-users)
      built="the users of the example shop, one program in Go"
      configuration='"Entrypoint":["/users"]'
      ;;
    *) fail "no image '$1' here: ghost, mysql, busybox, mailpit, traffic-analytics, caddy, rclone, pebble, pause, nginx, postgres, redis, rabbitmq, wordpress, prometheus, alertmanager, blackbox-exporter, node-exporter, mysqld-exporter, shop-frontend, shop-products, shop-orders, shop-users" ;;
  esac
}

# build_image NAME: the archive of the image, made from its layers when the cache lacks it; its path is left in `archive`.
build_image() {
  local name=$1 reference layers built configuration layer_archives folder layer index diff_ids=() files=()
  describe "$name"
  local hash
  hash=$({ for layer in "${layers[@]}"; do layer_hash "$layer"; done; echo "$reference $built $configuration"; } | sha256sum | cut -c 1-12)
  archive=$images/$name-$hash.tar
  if [[ -f $archive ]]; then
    announce "$reference is in the cache"
    return
  fi
  build_layers "${layers[@]}"

  folder=$scratch/archive
  mkdir "$folder"
  for index in "${!layers[@]}"; do
    layer=${layers[index]}.tar
    ln "${layer_archives[index]}" "$folder/$layer"
    files+=("\"$layer\"")
    diff_ids+=("\"sha256:$(sha256sum "$folder/$layer" | cut -d ' ' -f 1)\"")
  done
  cat > "$folder/config.json" << JSON
{"architecture":"$architecture","os":"linux","created":"1970-01-01T00:00:00Z",
 "config":{$configuration,
  "Labels":{"org.opencontainers.image.title":"$name","org.opencontainers.image.version":"${reference##*:}",
   "org.opencontainers.image.description":"$built"}},
 "rootfs":{"type":"layers","diff_ids":[$(comma_separated "${diff_ids[@]}")]}}
JSON
  local config
  config=$(sha256sum "$folder/config.json" | cut -d ' ' -f 1).json
  mv "$folder/config.json" "$folder/$config"
  printf '[{"Config":"%s","RepoTags":["%s"],"Layers":[%s]}]\n' "$config" "$reference" "$(comma_separated "${files[@]}")" > "$folder/manifest.json"
  tar --create --file "$scratch/image.tar" --directory "$folder" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 \
    --hard-dereference manifest.json "$config" "${layers[@]/%/.tar}"
  mv "$scratch/image.tar" "$archive"
  rm -rf "$folder"
  find "$images" -maxdepth 1 -name "$name-????????????.tar" ! -path "$archive" -delete
  announce "$reference: $(du -m "$archive" | cut -f 1) MB"
}

comma_separated() {
  local IFS=,
  echo "$*"
}

names=("$@")
if ((${#names[@]} == 0)); then names=(busybox pause mysql ghost mailpit); fi
for name in "${names[@]}"; do describe "$name"; done

architecture=$(dpkg --print-architecture 2> /dev/null) || fail "building images takes Debian's tools (dpkg, debootstrap): use a Debian-like system, or one that reaches an image registry"
need_root "building images"
debian_mirror=${GHOST_PLATFORM_DEBIAN_MIRROR:-$(debian_archive)}
[[ -n $debian_mirror ]] || fail "apt-get here knows no archive of Debian: name one in GHOST_PLATFORM_DEBIAN_MIRROR"
# debootstrap mounts /proc in the folder it fills. In a mount namespace of our own such a mount ends with us; left behind by an interrupted
# build, the next clean-up would walk into the machine's own /proc.
if [[ ${GHOST_PLATFORM_OWN_MOUNTS-} != yes ]]; then
  GHOST_PLATFORM_OWN_MOUNTS=yes GHOST_PLATFORM_DEBIAN_MIRROR=$debian_mirror exec unshare --mount --propagation private "$here/build.sh" "$@"
fi
command -v npm > /dev/null || fail "building images takes npm: install Node 20.19 or newer"

lock_cache images
mkdir -p "$images/layers"
rm -rf --one-file-system "$images"/tmp.* # of interrupted builds: we hold the lock
scratch=$(mktemp --directory "$images/tmp.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

result=()
for name in "${names[@]}"; do
  build_image "$name"
  describe "$name"
  result+=("$reference $archive")
done
printf '%s\n' "${result[@]}"
