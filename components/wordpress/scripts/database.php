<?php
/*
 * Waits until the database server takes a login of this site, and makes the site's password known to it where it knows a former one only:
 * tasks that run with the former one go on, because it stays valid until it is discarded.
 *
 * Every wait is bounded by WAIT_SECONDS (300) and says what it waits for.
 */
declare(strict_types=1);

$limit = (int) (getenv('WAIT_SECONDS') ?: 300);
$start = time();
$file = (string) getenv('WORDPRESS_DB_PASSWORD_FILE');
[$host, $port] = explode(':', (string) getenv('WORDPRESS_DB_HOST'));
$user = (string) getenv('WORDPRESS_DB_USER');
$database = (string) getenv('WORDPRESS_DB_NAME');
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
// What PHP finds wrong with a certificate it says in a warning; the exception after it does not.
$warnings = '';
set_error_handler(function (int $level, string $message) use (&$warnings): bool {
    $warnings .= $message;
    return true;
});

function say(string $message): void
{
    fwrite(STDOUT, "database: $message\n");
}

function secret(string $file): string
{
    return trim((string) file_get_contents($file));
}

/** What is wrong with who answers in the server's place, and has been told nothing; null where something else has failed. */
function strangerInWords(): ?string
{
    global $host, $port, $warnings;
    $wrong = match (true) {
        str_contains($warnings, 'did not match expected') => 'a certificate of another name',
        str_contains($warnings, 'certificate verify failed') => 'a certificate that does not hold, or is of an authority that this site does not believe',
        default => null,
    };
    return $wrong === null ? null : "$host:$port to be the site's database server: REFUSED, for it shows $wrong";
}

function login(string $password): mysqli
{
    global $host, $port, $user, $database, $warnings;
    $warnings = '';
    $connection = mysqli_init();
    $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, 5);
    $connection->real_connect($host, $user, $password, $database, (int) $port, null, MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT);
    return $connection;
}

function isRefusal(mysqli_sql_exception $error): bool
{
    return in_array($error->getCode(), [1044, 1045], true);
}

/** Whether the server knew one of the former passwords, and knows the present one now. */
function rotate(): bool
{
    global $file, $user;
    for ($index = 1; file_exists("$file-former-$index"); $index++) {
        try {
            $connection = login(secret("$file-former-$index"));
            $present = $connection->real_escape_string(secret($file));
            $connection->query("ALTER USER USER() IDENTIFIED BY '$present' RETAIN CURRENT PASSWORD");
            say("the server now takes the new password of $user; the one before stays valid until it is discarded");
            return true;
        } catch (mysqli_sql_exception $error) {
            if (!isRefusal($error)) {
                say("the new password of $user could not be made known: {$error->getMessage()}");
                return false;
            }
        }
    }
    return false;
}

while (true) {
    try {
        login(secret($file))->close();
        say("$host:$port takes logins of $user (" . (time() - $start) . ' s)');
        exit(0);
    } catch (mysqli_sql_exception $error) {
        if (isRefusal($error) && rotate()) {
            continue;
        }
        $elapsed = time() - $start;
        $what = strangerInWords() ?? (isRefusal($error)
            ? "$host:$port to know user $user with this password (the server takes over users and passwords when it starts)"
            : "$host:$port to accept a login of $user ({$error->getMessage()})");
        if ($elapsed >= $limit) {
            say("GIVING UP after $elapsed s: still waiting for $what.");
            exit(1);
        }
        say("waiting for $what ($elapsed s of at most $limit s)");
        sleep(1);
    }
}
