<?php
/*
 * Hands WordPress's mail to the server that WORDPRESS_MAIL_HOST names. wp-config.php loads it before WordPress, which takes over the hooks that
 * stand in $wp_filter by then. A plugin for mail comes after, and goes before this.
 */
declare(strict_types=1);

$GLOBALS['wp_filter']['phpmailer_init'][5]['ghost-platform'] = [
    'function' => static function ($mailer): void {
        $mailer->isSMTP();
        $mailer->Host = (string) getenv('WORDPRESS_MAIL_HOST');
        $mailer->Port = (int) getenv('WORDPRESS_MAIL_PORT');
        $mailer->Timeout = 10;
        // PHPMailer's own words. With either, nothing is handed over unless the connection is encrypted and the certificate holds.
        $mailer->SMTPSecure = ['starttls' => 'tls', 'tls' => 'ssl'][getenv('WORDPRESS_MAIL_ENCRYPTION')] ?? '';
        $mailer->SMTPAutoTLS = false;
        $user = (string) getenv('WORDPRESS_MAIL_USER');
        if ($user !== '') {
            $mailer->SMTPAuth = true;
            $mailer->Username = $user;
            $mailer->Password = trim((string) file_get_contents((string) getenv('WORDPRESS_MAIL_PASSWORD_FILE')));
        }
    },
    'accepted_args' => 1,
];

// In place of "WordPress", unless a plugin has put another name there.
$GLOBALS['wp_filter']['wp_mail_from_name'][5]['ghost-platform'] = [
    'function' => static function ($name) {
        $own = (string) getenv('WORDPRESS_MAIL_FROM_NAME');
        return $name === 'WordPress' && $own !== '' ? $own : $name;
    },
    'accepted_args' => 1,
];

// In place of wordpress@HOST, which WordPress itself refuses where the host is an address or has no dot.
$GLOBALS['wp_filter']['wp_mail_from'][5]['ghost-platform'] = [
    'function' => static fn ($from) => str_starts_with((string) $from, 'wordpress@') ? (string) getenv('WORDPRESS_MAIL_FROM') : $from,
    'accepted_args' => 1,
];
