<?php
// A session check as one writes it in PHP: 204 with the user's data, or 401.

session_start();
if (empty($_SESSION['user'])) {
    http_response_code(401);
    exit;
}
$user = $_SESSION['user'];
header('X-User-Id: ' . $user['id']);
header('X-User-Name: ' . $user['name']);
header('X-User-Email: ' . $user['email']);
header('X-User-Roles: ' . implode(',', $user['roles']));
http_response_code(204);
