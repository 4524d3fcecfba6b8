<?php
/**
 * WordPress from the environment. Each variable may instead name a file that holds the value, with _FILE after its name.
 */
function ghost_platform_env(string $name, string $default = ''): string
{
    $file = getenv($name . '_FILE');
    if ($file !== false && $file !== '') {
        return rtrim((string) file_get_contents($file), "\r\n");
    }
    $value = getenv($name);
    return $value === false ? $default : $value;
}

define('DB_NAME', ghost_platform_env('WORDPRESS_DB_NAME', 'wordpress'));
define('DB_USER', ghost_platform_env('WORDPRESS_DB_USER', 'wordpress'));
define('DB_PASSWORD', ghost_platform_env('WORDPRESS_DB_PASSWORD'));
define('DB_HOST', ghost_platform_env('WORDPRESS_DB_HOST', 'mysql'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');

foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $key) {
    define($key, ghost_platform_env("WORDPRESS_$key"));
}

$table_prefix = ghost_platform_env('WORDPRESS_TABLE_PREFIX', 'wp_');
define('WP_DEBUG', ghost_platform_env('WORDPRESS_DEBUG') !== '');

if (strpos($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '', 'https') !== false) {
    $_SERVER['HTTPS'] = 'on';
}

// Settings of the deployment, as PHP; the official image takes them the same way.
if ($extra = ghost_platform_env('WORDPRESS_CONFIG_EXTRA')) {
    eval($extra);
}

if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
