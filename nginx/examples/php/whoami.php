<?php
// Who asks: nginx has let nobody else through. The names are those of `identity` in sessiond.yaml, as CGI writes them.
$user = [
    'id' => $_SERVER['HTTP_X_USER_ID'],
    'name' => $_SERVER['HTTP_X_USER_NAME'] ?? '',
    'roles' => array_filter(explode(',', $_SERVER['HTTP_X_USER_ROLES'] ?? '')),
];

header('Content-Type: application/json');
echo json_encode(['for' => $user], JSON_UNESCAPED_UNICODE);
