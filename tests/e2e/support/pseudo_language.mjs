// A language that is not shipped, and is not even Esperanto: English with other letters and 40 % longer, places kept.

import fs from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '../../support/folders.mjs';
import { repository } from '../../support/places.mjs';

/** A folder with it. */
export function pseudoLanguage() {
  const folder = path.join(temporaryFolder(), 'pages');
  fs.mkdirSync(path.join(folder, 'messages'), { recursive: true });
  const english = fs.readFileSync(path.join(repository, 'src/endpoints/pages/messages/en.yaml'), 'utf8');
  const foreign = { a: 'å', e: 'é', i: 'î', o: 'ö', u: 'û', n: 'ñ', s: 'š' };
  const lines = [...english.matchAll(/^([a-z]\w*): "(.*)"$/gm)].map(([, key, text]) => {
    const spoken = text.replace(/\{\w+\}|[aeiouns]/g, (part) => foreign[part] ?? part);
    return `${key}: "${spoken} ${'ẋẋẋẋ '.repeat(Math.ceil(text.length * 0.08))}"`;
  });
  fs.writeFileSync(path.join(folder, 'messages', 'eo.yaml'), lines.join('\n'));
  return folder;
}
