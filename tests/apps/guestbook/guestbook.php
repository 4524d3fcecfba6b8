<?php
/*
 * A guestbook: GET / lists the entries, POST / adds one, PUT /picture keeps a picture, GET /picture shows it, GET /health asks the database, GET /alive asks
 * nobody. Run as a program, it waits until the database takes its password, and makes that known where only a former one is.
 */
declare(strict_types=1);

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function database(string $file): mysqli
{
    [$host, $port] = explode(':', (string) getenv('DB'));
    $connection = mysqli_init();
    $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, 5);
    $password = trim((string) file_get_contents($file));
    $connection->ssl_set(null, null, (string) getenv('DB_CA_FILE'), null, null);
    $tls = MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT;
    $connection->real_connect($host, (string) getenv('DB_USER'), $password, (string) getenv('DB_NAME'), (int) $port, null, $tls);
    return $connection;
}

$file = (string) getenv('DB_PASSWORD_FILE');

if (PHP_SAPI === 'cli') {
    for ($second = 0; $second < 300; $second++) {
        foreach ([$file, "$file-former-1"] as $known) {
            try {
                if (file_exists($known)) {
                    $connection = database($known);
                    if ($known !== $file) {
                        $present = $connection->real_escape_string(trim((string) file_get_contents($file)));
                        $connection->query("ALTER USER USER() IDENTIFIED BY '$present' RETAIN CURRENT PASSWORD");
                    }
                    $connection->query('CREATE TABLE IF NOT EXISTS entries (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT NOT NULL)');
                    exit(0);
                }
            } catch (mysqli_sql_exception $error) {
                echo "waiting for the database: {$error->getMessage()}\n";
            }
        }
        sleep(1);
    }
    exit(1);
}

$request = $_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
try {
    switch ($request) {
        case 'GET /alive':
            echo 'ok';
            break;
        case 'GET /health':
            database($file)->query('SELECT 1');
            echo 'ok';
            break;
        case 'GET /':
            header('Content-Type: text/plain; charset=utf-8');
            echo implode("\n", array_column(database($file)->query('SELECT text FROM entries ORDER BY id')->fetch_all(), 0));
            break;
        case 'POST /':
            $text = (string) file_get_contents('php://input');
            database($file)->execute_query('INSERT INTO entries (text) VALUES (?)', [$text]);
            http_response_code(201);
            break;
        case 'PUT /picture':
            file_put_contents('/var/www/html/picture', fopen('php://input', 'r'));
            http_response_code(201);
            break;
        case 'GET /picture':
            readfile('/var/www/html/picture');
            break;
        default:
            http_response_code(404);
    }
} catch (mysqli_sql_exception $error) {
    http_response_code(503);
    echo $error->getMessage();
}
