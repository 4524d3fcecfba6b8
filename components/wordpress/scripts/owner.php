<?php
/*
 * Installs WordPress with the account of the site's owner, before anybody can reach the site: who visits the page that installs it first becomes its administrator.
 * Uses WordPress' own functions. Run by serve.sh before Apache, with the program's files in place.
 *
 *   owner.php make PLAN     PLAN is JSON: email, name, title, passwordFile
 *   owner.php ask           prints `somebody` or `nobody`
 */
declare(strict_types=1);

define('WP_INSTALLING', true);
require '/var/www/html/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

function say(string $message): void
{
    fwrite(STDOUT, "owner: $message\n");
}

/** An installation that was interrupted has tables, and nobody yet. */
function hasOwner(): bool
{
    global $wpdb;
    return is_blog_installed() && (int) $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->users") > 0;
}

if (($argv[1] ?? '') === 'ask') {
    echo hasOwner() ? "somebody\n" : "nobody\n";
    exit(0);
}

// Several tasks of a site start at once.
$lock = $wpdb->prepare('SELECT GET_LOCK(%s, 120)', 'ghost-platform:install:' . DB_NAME);
if ((string) $wpdb->get_var($lock) !== '1') {
    say('GIVING UP: another task of this site was still installing it after 120 s');
    exit(1);
}
if (hasOwner()) {
    exit(0);
}
$plan = json_decode((string) file_get_contents($argv[2]), true, 8, JSON_THROW_ON_ERROR);
say("nobody owns this site yet: its account for {$plan['email']} is made before anybody can reach it");
$made = wp_install($plan['title'], $plan['email'], $plan['email'], true, '', trim((string) file_get_contents($plan['passwordFile'])));
if (!hasOwner()) {
    say('FAILED: WordPress did not install itself');
    exit(1);
}
wp_update_user(wp_slash(['ID' => $made['user_id'], 'display_name' => $plan['name'], 'nickname' => $plan['name']]));
say("{$plan['email']} owns this site now");
