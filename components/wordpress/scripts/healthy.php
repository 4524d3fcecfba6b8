<?php
/*
 * Whether Apache and PHP answer, asked without the database: with the database away every task would be ended, and none of that would bring
 * it back.
 */
$answer = @file_get_contents('http://127.0.0.1/wp-includes/version.php', false, stream_context_create(['http' => ['timeout' => 8]]));
exit($answer === false ? 1 : 0);
