// PHP-FPM with one script: what.php says which user PHP was told of.

import fs from 'node:fs';
import path from 'node:path';

import { PhpFpm as AnyPhpFpm } from '../../support/php_fpm.mjs';

const kScript = `<?php
header('Content-Type: application/json');
$seen = [];
foreach ($_SERVER as $name => $value) {
  if (strncmp($name, 'HTTP_X_USER', 11) === 0) $seen[] = [substr($name, 5), $value];
}
echo json_encode(['headers' => $seen, 'uri' => $_SERVER['REQUEST_URI']]);
`;

const asRoot = { lines: 'user = root\ngroup = root\n', args: ['-n', '-R'] };

export class PhpFpm extends AnyPhpFpm {
  /** Scripts are found under <folder>/www. */
  constructor(folder) {
    super(folder, process.getuid() === 0 ? asRoot : { args: ['-n'] });
    fs.mkdirSync(path.join(folder, 'www'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'www', 'what.php'), kScript);
  }
}
