// Ways to wire sessiond into nginx, right and wrong ones, and what exactly each of them does.
//
// A wiring is the inside of a `server { }` and a few questions to it. A question is [who, address, expected, options]:
//
//   who        nobody, staff or admin (`forged` in options adds X-User-Id: 666 in the spellings named)
//   expected   a status; or, when the application answers, whom it hears: 'app:' and the X-User-Id it got; a status with
//              a page of nginx's own ('page:') or with sessiond's answer for programs ('json:'); or the whole 'text:';
//              or 'at:' and the address that the application was asked for
//
// `danger` says that nginx itself cannot be made to refuse, with the rule of `sessionctl nginx lint` that finds it; a
// wiring without it lets nobody in whom it should not, and the linter finds no danger in it.
//
// More than 400 lines because it is one table.

const proxy = 'include sessiond/identity-proxy.conf; proxy_pass http://application;';
const page = 'include sessiond/protect-page.conf;';
const api = 'include sessiond/protect-api.conf;';
const endpoints = 'include sessiond/endpoints.conf;';
const open = 'location / { include sessiond/identity-proxy.conf; proxy_pass http://application; }';
const protectedAccount = `location ^~ /account/ { ${page} ${proxy} }`;

const php = (folder, extra = '') => `
    include fastcgi_params;
    include sessiond/identity-fastcgi.conf;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    ${extra}
    fastcgi_pass unix:${folder}/php.sock;`;

const forged = { forged: ['X-User-Id'] };

/** Endpoints, or a part of the house, that is missing. */
const missing = [
  {
    name: 'a second server block without endpoints.conf',
    server: () => `${open} ${protectedAccount} location ^~ /api/ { ${api} ${proxy} }`,
    asks: [
      ['nobody', '/account/', 500],
      ['staff', '/account/', 500],
      ['nobody', '/api/', 500],
      ['nobody', '/', 'app:'],
    ],
  },
  {
    name: 'endpoints.conf missing, and a location inside the protected one',
    server: () => `${open} location ^~ /account/ { ${page} ${proxy} location ^~ /account/inner/ { ${proxy} } }`,
    asks: [['nobody', '/account/inner/', 500]],
  },
  {
    name: 'endpoints.conf missing, and an application that answers everything with an error page of 200',
    server: () => `error_page 404 =200 /; ${open} ${protectedAccount}`,
    asks: [['nobody', '/account/', 500]],
  },
  {
    name: 'endpoints.conf behind a check for the whole server',
    server: () => `${page} ${endpoints} ${open}`,
    asks: [
      ['nobody', '/', 500],
      ['staff', '/', 500],
    ],
  },
  {
    name: 'an auth_request written by hand',
    server: () => `${endpoints} ${open} location ^~ /bare/ { auth_request /sessiond/auth; ${proxy} }`,
    asks: [
      ['nobody', '/bare/', 403],
      ['staff', '/bare/', 403],
    ],
  },
  {
    name: 'an auth_request written by hand, with the error pages of the site',
    server: () => `error_page 401 403 500 =200 /sorry; ${endpoints} location = /sorry { return 200 sorry; }
      ${open} location ^~ /bare/ { auth_request /sessiond/auth; ${proxy} }`,
    asks: [['nobody', '/bare/', 'text:sorry']],
  },
  {
    name: 'no identity include, proxy_pass',
    server: () => `${endpoints} ${open} location ^~ /account/ { ${page} proxy_pass http://application; }`,
    asks: [
      ['nobody', '/account/', 302],
      ['staff', '/account/', 'app:'],
      ['staff', '/account/', 500, forged],
      ['staff', '/account/', 500, { forged: ['x-user-id', 'X-User-Roles'] }],
      ['staff', '/account/', 500, { headers: [['X-User-Id', ''], ['X-User-Id', '666']] }],
    ],
  },
  {
    name: 'no identity include, and headers with underscores let through',
    server: () => `underscores_in_headers on; ${endpoints}
      ${open} location ^~ /account/ { ${page} proxy_pass http://application; }`,
    asks: [
      ['staff', '/account/', 500, { forged: ['X_User_Id'] }],
      ['staff', '/account/', 500, { forged: ['X_User-Id'] }],
    ],
  },
  {
    name: 'a part of the identity headers, written by hand',
    server: () => `${endpoints} ${open} location ^~ /account/ { ${page}
        proxy_set_header X-User-Id $sessiond_user_id; proxy_pass http://application; }`,
    asks: [
      ['nobody', '/account/', 302],
      ['staff', '/account/', 'app:7'],
      ['staff', '/account/', 500, forged],
      ['staff', '/account/', 500, { forged: ['X-User-Roles'] }],
      ['staff', '/account/', 500, { forged: ['x-user-name'] }],
    ],
  },
  {
    name: 'headers with dots let through',
    server: () => `ignore_invalid_headers off; ${endpoints} ${open} ${protectedAccount}`,
    asks: [
      ['staff', '/account/', 'app:7', forged],
      ['staff', '/account/', 'app:7,666', { forged: ['X.User.Id'] }],
    ],
    danger: 'invalid-headers',
  },
  {
    name: 'no identity include, optional policy',
    server: () => `${endpoints} ${open}
      location ^~ /shop/ { ${page} set $sessiond_policy optional; proxy_pass http://application; }`,
    asks: [
      ['nobody', '/shop/', 'app:'],
      ['nobody', '/shop/', 500, forged],
    ],
  },
  {
    name: 'no identity include, PHP-FPM',
    server: (folder) => `root ${folder}/www; ${endpoints} ${open}
      location ^~ /php/ { ${page} rewrite ^/php/(.*) /$1 break; include fastcgi_params; fastcgi_pass unix:${folder}/php.sock;
        fastcgi_param SCRIPT_FILENAME $document_root/what.php; }`,
    asks: [
      ['staff', '/php/what.php', 500, forged],
      ['nobody', '/php/what.php', 302],
    ],
  },
  {
    name: 'the identity include at server level, lost to a proxy_set_header of the location',
    server: () => `${endpoints} include sessiond/identity-proxy.conf; ${open}
      location ^~ /account/ { ${page} proxy_set_header Host $host; proxy_pass http://application; }`,
    asks: [
      ['staff', '/account/', 'app:'],
      ['staff', '/account/', 'app:666', forged],
    ],
    danger: 'identity-missing',
  },
  {
    name: 'a public location that hands the client on as it is',
    server: () => `${endpoints} ${protectedAccount} location / { proxy_pass http://application; }`,
    asks: [['nobody', '/', 'app:666', forged]],
    danger: 'identity-missing',
  },
  {
    name: 'identity-proxy.conf where PHP-FPM answers',
    server: (folder) => `root ${folder}/www; ${endpoints} ${open}
      location = /what.php { ${page} include fastcgi_params; include sessiond/identity-proxy.conf;
        fastcgi_param SCRIPT_FILENAME $document_root/what.php; fastcgi_pass unix:${folder}/php.sock; }`,
    asks: [['staff', '/what.php', 'app:666', forged]],
    danger: 'identity-missing',
  },
];

/** The check itself does not reach sessiond, or not in time. */
const caught = [
  {
    name: 'a rewrite of everything below endpoints.conf',
    server: (folder) => `root ${folder}/www; ${endpoints} rewrite ^ /what.php last;
      location = /what.php { ${page} ${php(folder)} } ${open}`,
    asks: [
      ['nobody', '/x', 302],
      ['staff', '/x', 'app:7'],
      ['staff', '/x', 'app:7', forged],
    ],
  },
  {
    name: 'a rewrite of everything above endpoints.conf',
    server: (folder) => `root ${folder}/www; rewrite ^ /what.php last; ${endpoints}
      location = /what.php { ${page} ${php(folder)} } ${open}`,
    asks: [
      ['nobody', '/x', 500],
      ['staff', '/x', 500],
    ],
  },
  {
    name: 'a rewrite above endpoints.conf that catches the check and not the request',
    server: () => `if ($uri !~ ^/account/) { rewrite ^ /index last; } ${endpoints} ${open} ${protectedAccount}`,
    asks: [['nobody', '/account/', 'app:']],
    danger: 'rewrite-before-endpoints',
  },
  {
    name: 'the same rewrite below endpoints.conf',
    server: () => `${endpoints} if ($uri !~ ^/account/) { rewrite ^ /index last; } ${open} ${protectedAccount}`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/x', 'app:'],
    ],
  },
  {
    name: 'a return of 200 above endpoints.conf that answers the check',
    server: () => `if ($uri !~ ^/account/) { return 200 "closed today"; } ${endpoints} ${open} ${protectedAccount}`,
    asks: [['nobody', '/account/', 'app:']],
    danger: 'rewrite-before-endpoints',
  },
  {
    name: 'a return in the protected location',
    server: () => `${endpoints} ${open} location ^~ /account/ { ${page} return 200 "everybody sees this"; }`,
    asks: [['nobody', '/account/', 'text:everybody sees this']],
    danger: 'return-before-check',
  },
  {
    name: 'error pages with =200 around it all',
    server: () => `error_page 401 403 500 502 503 504 =200 /sorry; ${endpoints}
      location = /sorry { return 200 sorry; } ${open} ${protectedAccount}`,
    asks: [
      ['nobody', '/account/', 302],
      ['staff', '/account/', 'app:7'],
    ],
  },
  {
    name: 'satisfy any, and the client is at home',
    server: () => `${endpoints} ${open}
      location ^~ /account/ { satisfy any; allow 127.0.0.1; deny all; ${page} ${proxy} }`,
    asks: [['nobody', '/account/', 'app:']],
    danger: 'satisfy-any',
  },
  {
    name: 'auth_request off inside a protected location',
    server: () => `${endpoints} ${open} location ^~ /account/ { ${page} ${proxy}
      location ^~ /account/help/ { auth_request off; ${proxy} } }`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/account/help/', 'app:'],
    ],
    danger: 'check-switched-off',
  },
  {
    name: 'a regex location beats the protected prefix',
    server: (folder) => `root ${folder}/www; ${endpoints} ${open} location /account/ { ${page} ${proxy} }
      location ~ \\.php$ { ${php(folder, 'fastcgi_param SCRIPT_FILENAME $document_root/what.php;')} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/account/what.php', 'app:'],
    ],
    danger: 'regex-beats-prefix',
  },
  {
    name: 'the same with ^~',
    server: (folder) => `root ${folder}/www; ${endpoints} ${open} ${protectedAccount}
      location ~ \\.php$ { ${php(folder)} }`,
    asks: [
      ['nobody', '/account/what.php', 302],
      ['staff', '/account/what.php', 'app:7'],
    ],
  },
  {
    name: 'a regex location beats what stands inside a prefix, whatever that says',
    server: () => `${endpoints} ${open} location /app/ { ${proxy} location ^~ /app/admin/ { ${page} ${proxy} } }
      location ~ \\.php$ { ${proxy} }`,
    asks: [
      ['nobody', '/app/admin/', 302],
      ['nobody', '/app/admin/x.php', 'app:'],
    ],
    danger: 'regex-beats-prefix',
  },
  {
    name: 'the same with ^~ at the outer prefix',
    server: () => `${endpoints} ${open} location ^~ /app/ { ${proxy} location /app/admin/ { ${page} ${proxy} } }
      location ~ \\.php$ { ${proxy} }`,
    asks: [
      ['nobody', '/app/admin/x.php', 302],
      ['staff', '/app/admin/x.php', 'app:7'],
      ['nobody', '/app/x.php', 'app:'],
    ],
  },
  {
    name: 'a regex location that minds no case beats the protected prefix',
    server: () => `${endpoints} ${open} location /account/ { ${page} ${proxy} }
      location ~* ^/ACCOUNT/help { ${proxy} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/account/help', 'app:'],
    ],
    danger: 'regex-beats-prefix',
  },
  {
    name: 'the second alternative of a regex location beats the protected prefix',
    server: () => `${endpoints} ${open} location /account/ { ${page} ${proxy} }
      location ~ ^/a(b)/|^/account/help { ${proxy} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/account/help', 'app:'],
    ],
    danger: 'regex-beats-prefix',
  },
  {
    name: 'a regex location with an optional policy beats the protected prefix',
    server: () => `${endpoints} ${open} location /account/ { ${page} ${proxy} }
      location ~ \\.php$ { ${page} set $sessiond_policy optional; ${proxy} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/account/x.php', 'app:'],
    ],
    danger: 'policy-weaker',
  },
  {
    name: 'an open regex location without an end takes what follows a script below the protected prefix',
    server: () => `${endpoints} ${open} location /account/ { ${page} ${proxy} } location ~ \\.php { ${proxy} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['nobody', '/account/x.php/y', 'app:'],
    ],
    danger: 'regex-beats-prefix',
  },
  {
    name: 'an open regex location above a protected one',
    server: () => `${endpoints} ${open} location ~* \\.(pdf|js)$ { ${proxy} } location ~ ^/files/ { ${page} ${proxy} }`,
    asks: [
      ['nobody', '/files/x', 302],
      ['nobody', '/files/x.PDF', 'app:'],
    ],
    danger: 'regex-beats-regex',
  },
  {
    name: 'an open regex location below a protected one, and others that have no address in common',
    server: () => `${endpoints} ${open} location ~* \\.(css|js)$ { ${proxy} } location ~ ^/(css|img)/ { ${proxy} }
      location ~ ^/files/.*\\.pdf$ { ${page} ${proxy} } location ~* \\.(pdf|jpg)$ { ${proxy} }`,
    asks: [
      ['nobody', '/files/x.pdf', 302],
      ['staff', '/files/x.pdf', 'app:7'],
      ['nobody', '/x.pdf', 'app:'],
      ['nobody', '/files/x.js', 'app:'],
    ],
  },
  {
    name: 'an open regex location inside a prefix comes before a protected one outside',
    server: () => `${endpoints} ${open} location /files/ { ${proxy} location ~ \\.pdf$ { ${proxy} } }
      location ~ ^/files/secret/ { ${page} ${proxy} }`,
    asks: [
      ['nobody', '/files/secret/x', 302],
      ['nobody', '/files/secret/x.pdf', 'app:'],
    ],
    danger: 'regex-beats-regex',
  },
  {
    name: 'a public page that includes a protected one by SSI',
    server: () => `${endpoints} ${protectedAccount}
      location / { ssi on; proxy_set_header Accept-Encoding ""; ${proxy} }`,
    asks: [
      ['nobody', '/account/secret', 302],
      ['nobody', '/?include=/account/secret', 'app:'],
    ],
    danger: 'ssi',
  },
  {
    name: 'protected files in the folder that the server shows by itself',
    server: (folder) => `root ${folder}/www; ${endpoints} location ^~ /download/ { ${page} alias ${folder}/www/public/; }`,
    asks: [
      ['nobody', '/download/index.html', 302],
      ['nobody', '/public/index.html', 'text:public\n'],
    ],
    danger: 'files-also-public',
  },
  {
    name: 'an open location whose path leads to what is protected in the application',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} ${proxy} }
      location ^~ /assets/ { include sessiond/identity-proxy.conf; proxy_pass http://application/; }`,
    asks: [
      ['nobody', '/admin/x', 302],
      ['nobody', '/assets/admin/x', 'at:/admin/x'],
    ],
    danger: 'address-also-public',
  },
  {
    name: 'the same by a regex location',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} ${proxy} }
      location ~ ^/assets/(.*)$ { include sessiond/identity-proxy.conf; proxy_pass http://application/$1; }`,
    asks: [['nobody', '/assets/admin/x', 'at:/admin/x']],
    danger: 'address-also-public',
  },
  {
    name: 'the same by a rewrite',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} ${proxy} }
      location ^~ /assets/ { rewrite ^/assets/(.*) /$1 break; ${proxy} }`,
    asks: [['nobody', '/assets/admin/x', 'at:/admin/x']],
    danger: 'address-also-public',
  },
  {
    name: 'an open location without a slash at its end, whose path has one',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} ${proxy} }
      location ^~ /assets { include sessiond/identity-proxy.conf; proxy_pass http://application/static/; }`,
    asks: [
      ['nobody', '/assets/admin/x', 'at:/static//admin/x'],
      ['nobody', '/assets../admin/x', 'at:/static/../admin/x'],
    ],
    danger: 'address-also-public',
  },
  {
    name: 'an open location with a path of its own',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} ${proxy} }
      location ^~ /assets/ { include sessiond/identity-proxy.conf; proxy_pass http://application/static/; }`,
    asks: [
      ['nobody', '/assets/admin/x', 'at:/static/admin/x'],
      ['nobody', '/assets/../admin/x', 302],
    ],
  },
  {
    name: 'a protected prefix without its slash, where the application stands behind a try_files',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} try_files /none @application; }
      location @application { ${proxy} }`,
    asks: [
      ['nobody', '/admin/', 302],
      ['nobody', '/admin', 'at:/admin'],
    ],
    danger: 'slash-missing',
  },
  {
    name: 'the same with a redirect to the slash',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} try_files /none @application; }
      location = /admin { return 301 /admin/; } location @application { ${proxy} }`,
    asks: [
      ['nobody', '/admin/', 302],
      ['nobody', '/admin', 301],
    ],
  },
  {
    name: 'a protected prefix without its slash, where everything has an optional policy',
    server: () => `${endpoints} location / { ${page} set $sessiond_policy optional; try_files /none @application; }
      location ^~ /admin/ { ${page} try_files /none @application; } location @application { ${proxy} }`,
    asks: [
      ['nobody', '/admin/', 302],
      ['nobody', '/admin', 'at:/admin'],
    ],
    danger: 'slash-missing',
  },
  {
    name: 'a script with the protected address behind it',
    server: (folder) => `root ${folder}/www; ${endpoints}
      location ^~ /admin/ { ${page} try_files /none /what.php?$args; }
      location ~ \\.php(/|$) { fastcgi_split_path_info ^(.+\\.php)(/.*)$; ${php(folder)} }`,
    asks: [
      ['nobody', '/admin/', 302],
      ['nobody', '/what.php/admin/', 'app:'],
    ],
    danger: 'path-info',
  },
  {
    name: 'a mirror follows a checked request only',
    server: () => `${endpoints} ${open}
      location ^~ /account/ { ${page} mirror /copy; ${proxy} } location = /copy { internal; ${proxy} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['staff', '/account/', 'app:7'],
    ],
  },
];

/** From one location to another. */
const redirected = [
  ...[
    ['try_files', 'try_files /none /strict;'],
    ['index', 'index /strict;', ''],
    ['X-Accel-Redirect', `${proxy}`, 'x?header=X-Accel-Redirect:/strict'],
    ['error_page', `proxy_intercept_errors on; error_page 404 = /strict?x=1; ${proxy}`, 'x?status=404'],
  ].map(([name, content, target = 'x']) => ({
    name: `${name} from a location with another policy`,
    server: () => `${endpoints}
      location ^~ /open/ { ${page} set $sessiond_policy optional; ${content} }
      location ^~ /admin/ { ${page} set $sessiond_policy admin; ${content} }
      location = /strict { ${page} ${proxy} }`,
    asks: [
      ['nobody', `/open/${target}`, 302],
      ['staff', `/open/${target}`, 'app:7'],
      ['nobody', `/admin/${target}`, 302],
      ['staff', `/admin/${target}`, 403],
      ['admin', `/admin/${target}`, 'app:1'],
    ],
  })),
  {
    name: 'try_files to a named location with a policy of its own, named before the include',
    server: () => `${endpoints}
      location ^~ /open/ { ${page} set $sessiond_policy optional; try_files /none @strict; }
      location @strict { set $sessiond_policy admin; ${page} ${proxy} }`,
    asks: [
      ['nobody', '/open/x', 302],
      ['staff', '/open/x', 403],
      ['admin', '/open/x', 'app:1'],
    ],
  },
  {
    name: 'try_files to a named location that names no policy',
    server: () => `${endpoints}
      location ^~ /open/ { ${page} set $sessiond_policy optional; try_files /none @strict; }
      location ^~ /admin/ { ${page} set $sessiond_policy admin; try_files /none @strict; }
      location @strict { ${page} ${proxy} }`,
    asks: [
      ['nobody', '/open/x', 302],
      ['staff', '/open/x', 'app:7'],
      ['staff', '/admin/x', 403],
      ['admin', '/admin/x', 'app:1'],
    ],
  },
  {
    name: 'rewrite last from a location with a policy',
    server: () => `${endpoints} ${open}
      location ^~ /bare/ { set $sessiond_policy optional; rewrite ^ /strict last; }
      location ^~ /open/ { ${page} set $sessiond_policy optional; rewrite ^ /strict last; }
      location = /strict { ${page} ${proxy} }`,
    asks: [
      ['nobody', '/bare/x', 500],
      ['staff', '/bare/x', 500],
      ['nobody', '/open/x', 500],
      ['nobody', '/strict', 302],
    ],
  },
  {
    name: 'rewrite last to a location that names its policy behind the include',
    server: () => `${endpoints} ${open}
      location ^~ /open/ { ${page} set $sessiond_policy optional; rewrite ^ /strict last; }
      location = /strict { ${page} set $sessiond_policy admin; ${proxy} }`,
    asks: [
      ['nobody', '/open/x', 302],
      ['staff', '/open/x', 403],
      ['admin', '/open/x', 'app:1'],
    ],
  },
  {
    name: 'rewrite last without policies',
    server: () => `${endpoints} ${open}
      location ^~ /old/ { rewrite ^ /new/ last; } location ^~ /new/ { ${page} ${proxy} }`,
    asks: [
      ['nobody', '/old/x', 302],
      ['staff', '/old/x', 'app:7'],
    ],
  },
  {
    name: 'an address made to look like the one the request began with',
    server: () => `${endpoints} ${open}
      location ^~ /bare/ { set $sessiond_policy optional; rewrite ^ /strict last; }
      location = /strict { ${page} ${proxy} }`,
    asks: [
      ['nobody', '/bare/../bare/x', 500],
      ['nobody', '/bare/%2e%2e/000/strict', 'app:'],
      ['nobody', '/bare/%0a/000/strict', 500],
    ],
  },
  {
    name: 'rewrite last from a protected location into one that inherits another check',
    server: () => `${endpoints} ${open}
      location ^~ /open/ { ${page} set $sessiond_policy optional; rewrite ^ /outer/inner/x last; }
      location ^~ /outer/ { ${page} set $sessiond_policy admin; ${proxy} location ^~ /outer/inner/ { ${proxy} } }`,
    asks: [
      ['admin', '/outer/inner/x', 500],
      ['nobody', '/open/x', 'app:'],
    ],
    danger: 'policy-carried-over',
  },
  {
    name: 'the same from a location with the default policy',
    server: () => `${endpoints} ${open}
      location ^~ /any/ { ${page} rewrite ^ /outer/inner/x last; }
      location ^~ /outer/ { ${page} set $sessiond_policy admin; ${proxy} location ^~ /outer/inner/ { ${proxy} } }`,
    asks: [
      ['nobody', '/any/x', 302],
      ['staff', '/any/x', 'app:7'],
    ],
    danger: 'policy-carried-over',
  },
  {
    name: 'a refusal by address leads to a location with another policy',
    server: () => `${endpoints} ${open}
      location ^~ /open/ { ${page} set $sessiond_policy optional; deny all; error_page 403 = @strict; ${proxy} }
      location @strict { ${page} ${proxy} }`,
    asks: [['nobody', '/open/x', 403]],
  },
  {
    name: 'an error page that is protected',
    server: () => `${endpoints} ${open}
      location ^~ /e/ { try_files /none =404; error_page 404 = @page; } location @page { ${page} ${proxy} }
      location ^~ /a/ { try_files /none =404; error_page 404 = @api; } location @api { ${api} ${proxy} }`,
    asks: [
      ['nobody', '/e/x', 302],
      ['staff', '/e/x', 'app:7'],
      ['nobody', '/a/x', 'json:401'],
    ],
  },
  {
    name: 'a policy at server level, above endpoints.conf',
    server: () => `set $sessiond_policy optional; ${endpoints} ${open}
      location ^~ /account/ { ${page} ${proxy} } location ^~ /admin/ { ${page} set $sessiond_policy admin; ${proxy} }`,
    asks: [
      ['nobody', '/account/', 500],
      ['admin', '/admin/', 500],
    ],
  },
  {
    name: 'a nested location that inherits the check',
    server: () => `${endpoints} ${open}
      location ^~ /outer/ { ${page} set $sessiond_policy optional; ${proxy} location ^~ /outer/inner/ { ${proxy} } }`,
    asks: [
      ['nobody', '/outer/', 'app:'],
      ['nobody', '/outer/inner/', 500],
    ],
  },
  {
    name: 'a nested location reached by an internal redirect',
    server: () => `${endpoints}
      location ^~ /open/ { ${page} set $sessiond_policy optional; try_files /none /outer/inner/x; }
      location ^~ /outer/ { ${page} set $sessiond_policy admin; ${proxy} location ^~ /outer/inner/ { ${proxy} } }`,
    asks: [
      ['nobody', '/open/x', 500],
      ['admin', '/open/x', 500],
    ],
  },
  {
    name: 'a misspelt policy',
    server: () => `${endpoints} ${open} location ^~ /admin/ { ${page} set $sessiond_polcy admin; ${proxy} }`,
    asks: [
      ['nobody', '/admin/', 302],
      ['staff', '/admin/', 'app:7'],
    ],
    danger: 'unknown-variable',
  },
  {
    name: 'a policy in an if',
    server: () => `${endpoints} ${open}
      location ^~ /admin/ { ${page} set $sessiond_policy admin; if ($arg_easy) { set $sessiond_policy optional; } ${proxy} }`,
    asks: [
      ['nobody', '/admin/?easy=1', 'app:'],
      ['nobody', '/admin/', 302],
    ],
    danger: 'policy-in-if',
  },
  {
    name: 'a policy chosen by a file',
    server: () => `${endpoints} ${open} location ^~ /account/ { ${page} include sessiond/policy-default.conf; ${proxy} }`,
    asks: [
      ['nobody', '/account/', 302],
      ['staff', '/account/', 'app:7'],
    ],
  },
];

/** The whole server, and the company a check keeps. */
const company = [
  {
    name: 'a whole server that is protected, with named locations, an index and a public corner',
    server: (folder) => `${endpoints} ${page} root ${folder}/www;
      location / { try_files /none @application; } location @application { ${proxy} }
      location ^~ /admin/ { set $sessiond_policy admin; ${proxy} }
      location ^~ /api/ { ${api} set $sessiond_policy admin; ${proxy} }
      location ^~ /early/ { set $sessiond_policy admin; ${api} ${proxy} }
      location ^~ /public/ { auth_request off; index index.html; }`,
    asks: [
      ['nobody', '/x', 302],
      ['staff', '/x', 'app:7'],
      ['staff', '/x', 500, forged], // checked in `location /` too, which has no identity include
      ['staff', '/admin/', 403],
      ['admin', '/admin/', 'app:1'],
      ['nobody', '/api/', 'json:401'],
      ['staff', '/api/', 'json:403'],
      ['admin', '/api/', 'app:1'],
      ['nobody', '/public/', 'text:public\n'],
      ['staff', '/early/', 403], // the policy stands before the include
      ['nobody', '/login', 200],
    ],
  },
  {
    name: 'auth_basic beside the check',
    server: (folder) => `${endpoints} ${open}
      location ^~ /both/ { auth_basic both; auth_basic_user_file ${folder}/basic; ${page} ${proxy} }
      location ^~ /api/ { auth_basic both; auth_basic_user_file ${folder}/basic; ${api} ${proxy} }`,
    asks: [
      ['nobody', '/both/', 401],
      ['staff', '/both/', 401],
      ['nobody', '/both/', 302, { headers: [['Authorization', 'Basic YTpi']] }],
      ['staff', '/both/', 'app:7', { headers: [['Authorization', 'Basic YTpi']] }],
      ['staff', '/api/', 'page:401'],
    ],
  },
  {
    name: 'an address that is denied keeps its own 403',
    server: () => `${endpoints} ${open} location ^~ /api/ { deny all; ${api} ${proxy} }`,
    asks: [['staff', '/api/', 'page:403']],
  },
  {
    name: "the application's own refusals",
    server: () => `${endpoints} ${open} location ^~ /api/ { ${api} proxy_intercept_errors on; ${proxy} }`,
    asks: [
      ['staff', '/api/?status=401', 'page:401'],
      ['staff', '/api/?status=403', 'page:403'],
      ['staff', '/api/?status=500', 'page:500'],
    ],
  },
  {
    name: 'limit_except',
    server: () => `${endpoints} ${open}
      location ^~ /lim/ { ${api} ${proxy} limit_except GET POST { allow 127.0.0.1; deny all; } }
      location ^~ /page/ { ${page} ${proxy} limit_except GET POST { allow 127.0.0.1; deny all; } }`,
    asks: [
      ['staff', '/page/', 'app:7'],
      ['staff', '/page/', 500, { method: 'DELETE' }],
      ['nobody', '/page/', 500, { method: 'DELETE' }],
      ['staff', '/lim/', 'app:7'],
      ['staff', '/lim/', 'json:403', { method: 'DELETE' }],
      ['nobody', '/lim/', 'json:403', { method: 'DELETE' }],
    ],
  },
  {
    name: 'a preflight answered before the check',
    server: () => `${endpoints} ${open}
      location ^~ /api/ { ${api} if ($request_method = OPTIONS) { return 204; } ${proxy} }`,
    asks: [
      ['nobody', '/api/', 204, { method: 'OPTIONS' }],
      ['nobody', '/api/', 'json:401'],
    ],
  },
  {
    name: 'PHP inside a protected prefix',
    server: (folder) => `root ${folder}/www; ${endpoints} ${open}
      location ^~ /wiki/ { ${page} location ~ \\.php$ { ${page} ${php(folder, '')} } }`,
    asks: [
      ['nobody', '/wiki/what.php', 302],
      ['staff', '/wiki/what.php', 'app:7', forged],
      ['staff', '/wiki/what.php', 'app:7'],
    ],
  },
  {
    name: 'uploads of any length that the site allows',
    server: () => `client_max_body_size 1m; ${endpoints} ${open}
      location ^~ /up/ { client_max_body_size 100m; ${page} ${proxy} } location ^~ /small/ { ${page} ${proxy} }`,
    asks: [
      ['staff', '/up/', 'app:7', { method: 'POST', body: 'x'.repeat(3e6) }],
      ['nobody', '/up/', 302, { method: 'POST', body: 'x'.repeat(3e6) }],
      ['staff', '/small/', 413, { method: 'POST', body: 'x'.repeat(3e6) }],
    ],
  },
  {
    name: 'a cache around it',
    http: (folder) => `proxy_cache_path ${folder}/cache keys_zone=pages:1m;`,
    server: () => `proxy_cache pages; proxy_cache_valid any 1h; ${endpoints} ${open} ${protectedAccount}
      location ^~ /public/ { ${proxy} }`,
    asks: [
      ['admin', '/account/', 'app:1'],
      ['staff', '/account/', 'app:7'],
      ['nobody', '/account/', 302],
      ['nobody', '/public/', 'app:'],
    ],
  },
  {
    name: 'a FastCGI cache around it, with a key of its own',
    http: (folder) => `fastcgi_cache_path ${folder}/cache-fastcgi keys_zone=answers:1m;`,
    server: (folder) => `fastcgi_cache answers; fastcgi_cache_key $request_uri; fastcgi_cache_valid any 1h;
      fastcgi_ignore_headers Cache-Control Expires Set-Cookie Vary; root ${folder}/www; ${endpoints} ${open} ${protectedAccount}
      location = /what.php { ${page} ${php(folder)} }`,
    asks: [
      ['staff', '/account/', 'app:7'],
      ['admin', '/account/', 'app:1'],
      ['nobody', '/account/', 302],
      ['staff', '/what.php', 'app:7'],
      ['admin', '/what.php', 'app:1'],
      ['nobody', '/what.php', 302],
      ['staff', '/sessions', 200],
      ['nobody', '/sessions', 401],
    ],
  },
];

/** What nginx does before the check, and what it does not hand on with one. */
const past = [
  {
    name: 'a policy behind a break',
    server: () => `${endpoints} ${open}
      location ^~ /admin/ { ${page} rewrite ^/admin/(.*)$ /$1 break; set $sessiond_policy admin; ${proxy} }`,
    asks: [
      ['nobody', '/admin/x', 302],
      ['staff', '/admin/x', 'app:7'],
    ],
    danger: 'rewrite-break',
  },
  {
    name: 'a policy before the include and a break behind it',
    server: () => `${endpoints} ${open}
      location ^~ /admin/ { set $sessiond_policy admin; ${page} rewrite ^/admin/(.*)$ /$1 break; ${proxy} }`,
    asks: [
      ['staff', '/admin/x', 403],
      ['admin', '/admin/x', 'app:1'],
    ],
  },
  {
    name: 'rewrite last out of a protected location',
    server: () => `${endpoints} location /app/ { ${proxy} }
      location /account/ { ${page} rewrite ^/account/(.*)$ /app/$1 last; }`,
    asks: [['nobody', '/account/x', 'app:']],
    danger: 'rewrite-before-check',
  },
  {
    name: 'rewrite of a protected address at server level',
    server: () => `${endpoints} rewrite ^/account/(.*)$ /app/account/$1 last; location /app/ { ${proxy} } ${protectedAccount}`,
    asks: [['nobody', '/account/x', 'app:']],
    danger: 'rewrite-before-check',
  },
  {
    name: 'a return that an error page answers',
    server: () => `${endpoints} ${open} location @app { ${proxy} }
      location ^~ /admin/ { ${page} error_page 418 = @app; if ($request_method = POST) { return 418; } ${proxy} }`,
    asks: [
      ['nobody', '/admin/x', 302],
      ['nobody', '/admin/x', 'app:', { method: 'POST' }],
    ],
    danger: 'return-before-check',
  },
  {
    name: 'a whole server that is protected, and a location inside one with a policy',
    server: () => `${endpoints} ${page} location /admin/ { ${page} set $sessiond_policy admin; ${proxy}
      location /admin/inner/ { ${proxy} } }`,
    asks: [
      ['staff', '/admin/x', 403],
      ['staff', '/admin/inner/x', 'app:7'],
    ],
    danger: 'nested-check',
  },
  {
    name: 'a whole server that is protected, and limit_except',
    server: () => `${endpoints} ${page} location /admin/ { set $sessiond_policy admin; ${proxy}
      limit_except GET { allow 127.0.0.1; deny all; proxy_pass http://application; } }`,
    asks: [
      ['staff', '/admin/x', 403],
      ['staff', '/admin/x', 'app:7', { method: 'POST' }],
      ['nobody', '/admin/x', 302, { method: 'POST' }],
    ],
    danger: 'limit-except',
  },
  {
    name: 'a whole server that is protected, and rewrite last from a location with a policy',
    server: () => `${endpoints} ${page} location /account/ { ${proxy} }
      location /open/ { set $sessiond_policy optional; rewrite ^/open/(.*)$ /account/$1 last; }`,
    asks: [
      ['nobody', '/account/x', 302],
      ['nobody', '/open/x', 'app:'],
    ],
    danger: 'policy-carried-over',
  },
];

/** What the whole server says of errors and caches reaches the open locations as well. */
const around = [
  ...[
    ['try_files', 'try_files /none @application;'],
    ['an error page', 'try_files /none =404; error_page 404 = @application;'],
  ].map(([name, content], index) => ({
    name: `a cache in an open location that ${name} of a protected one leads to`,
    http: (folder) => `proxy_cache_path ${folder}/cache-open-${index} keys_zone=open${index}:1m;`,
    server: () => `${endpoints} location ^~ /account/ { ${page} ${content} } location ^~ /public/ { ${content} }
      location @application { proxy_cache open${index}; proxy_cache_key $request_uri; proxy_cache_valid any 1h; ${proxy} }`,
    asks: [
      ['staff', '/account/x', 'app:7'],
      ['admin', '/account/x', 'app:1'],
      ['nobody', '/account/x', 302],
      ['nobody', '/public/x', 'app:'],
    ],
  })),
  {
    name: 'a cache with a rule of its own in an open location that a protected one leads to',
    http: (folder) => `proxy_cache_path ${folder}/cache-own keys_zone=own:1m;`,
    server: () => `${endpoints} location ^~ /account/ { ${page} try_files /none @application; }
      location @application { proxy_cache own; proxy_cache_key $request_uri; proxy_cache_valid any 1h;
        proxy_ignore_headers Cache-Control Expires Set-Cookie Vary; proxy_no_cache $cookie_fresh; proxy_cache_bypass $cookie_fresh;
        ${proxy} }`,
    asks: [
      ['staff', '/account/x', 'app:7'],
      ['admin', '/account/x', 'app:7'],
    ],
    danger: 'cache',
  },
  {
    name: 'a variable from the check in a location of a protected server',
    server: () => `${endpoints} ${page} ${open}
      location ^~ /account/ { auth_request_set $mail $upstream_http_x_user_email; ${proxy} }
      location ^~ /again/ { ${page} auth_request_set $mail $upstream_http_x_user_email; ${proxy} }`,
    asks: [
      ['staff', '/account/', 'app:'],
      ['nobody', '/account/', 'page:401'],
      ['staff', '/again/', 'app:7'],
      ['nobody', '/again/', 302],
    ],
    danger: 'check-variables-lost',
  },
  {
    name: 'an error page that says what it is for',
    server: () => `${endpoints} ${protectedAccount}
      location ^~ /shop/ { error_page 404 /shop/missing?status=404; proxy_intercept_errors on; ${proxy} }
      location ^~ /news/ { error_page 404 /news/missing?status=404; proxy_intercept_errors on; recursive_error_pages off;
        ${proxy} }`,
    asks: [
      ['nobody', '/shop/x', 'app:'],
      ['nobody', '/shop/x?status=404', 'page:500'],
      ['nobody', '/news/x?status=404', 'page:404'],
    ],
  },
  {
    name: 'an error page whose file is not there',
    server: (folder) => `root ${folder}/www; error_page 404 /missing.html; ${endpoints} ${protectedAccount}
      location / { try_files $uri =404; } location = /missing.html { recursive_error_pages off; }`,
    asks: [['nobody', '/x', 'page:404']],
  },
];

export const wirings = [...missing, ...caught, ...redirected, ...company, ...past, ...around];

/** A wiring as a whole configuration, as it stands in tests/data/nginx-lint/wirings/: the linter's own tests read it. */
export function asFile({ name, http = () => '', server, danger = 'none' }) {
  const text = `# ${name}
# danger: ${danger}

events {}
http {
    include sessiond/upstream.conf;
    upstream application { server 127.0.0.1:3000; }
    ${http('/srv')}
    server {
        listen 127.0.0.1:8080;
        ${server('/srv')}
    }
}
`;
  return { file: `${name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.conf`, text: text.replaceAll(/ +$/gm, '') };
}
