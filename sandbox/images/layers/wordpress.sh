# shellcheck shell=bash
# WordPress, Apache and PHP from Debian 12 (packages of $PACKAGES_VERSION), laid out as the official image lays them out: the program waits in
# /usr/src/wordpress, and the entry point puts it into /var/www/html. User www-data is Debian's own, 33:33.
private_debian
unpack_with_dependencies ca-certificates apache2-bin libapache2-mod-php8.2 php8.2-{cli,curl,gd,mbstring,mysql,xml}
# Their dependencies would bring a database client and its Perl.
unpack_alone wordpress wordpress-theme-twentytwentythree libjs-cropper libjs-underscore php-getid3
need_version wordpress WORDPRESS_VERSION

# Links into other packages become files; those that lead out of /usr/share are Debian's own settings.
source=$root/usr/share/wordpress
rm -f "$source"/{.htaccess,wp-config.php,wp-includes/certificates/ca-bundle.crt}
mkdir -p "$root/usr/src" "$root/var/www/html"
cp -rL "$source" "$root/usr/src/wordpress"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt > "$root/usr/src/wordpress/wp-includes/certificates/ca-bundle.crt"
rm -rf "$source" "$root"/usr/share/{javascript,php/getid3}
strip_debian
cp "$here"/wordpress/{.htaccess,wp-config-docker.php} "$root/usr/src/wordpress/"
mkdir -p "$root"/var/www/html/wp-content/{languages,plugins,themes,upgrade,uploads}
chown -R 33:33 "$root/usr/src/wordpress" "$root/var/www/html"
chmod -R 1777 "$root/var/www/html"

# What Debian's scripts do when they configure PHP's extensions.
for ini in "$root"/usr/share/php8.2-*/*/*.ini; do
  name=$(basename "$ini")
  order=20
  case $name in
    pdo.ini | mysqlnd.ini | opcache.ini) order=10 ;;
    xml.ini) order=15 ;;
  esac
  for sapi in apache2 cli; do
    install -D --mode 644 "$ini" "$root/etc/php/8.2/$sapi/conf.d/$order-$name"
  done
done
rm -rf "$root/etc/apache2"
install -D --mode 644 "$here/wordpress/apache2.conf" "$root/etc/apache2/apache2.conf"
mkdir -p "$root/usr/local/bin"
ln -sf php8.2 "$root/usr/bin/php"
install_executable "$here/wordpress/docker-entrypoint.sh" usr/local/bin/docker-entrypoint.sh
install_executable "$here/wordpress/apache2-foreground" usr/local/bin/apache2-foreground
