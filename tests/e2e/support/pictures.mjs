// Pictures of pages, compared with those that are kept in tests/e2e/pictures/: PNG of 16 greys, so that they stay
// small. UPDATE_PICTURES=1 writes them anew.

import fs from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';

import { repository } from '../../support/places.mjs';

const kFolder = path.join(repository, 'tests', 'e2e', 'pictures');
/** The README's, in colour. */
export const kShownFolder = path.join(repository, '.pictures');
/** Of all pixels, so many may differ by more than a grey or two. */
const kTolerance = 0.001;

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A PNG of 4 bits a pixel (PNG specification §11.2.2: colour type 0). */
function encode({ width, height, greys }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 4;
  const row = 1 + Math.ceil(width / 2);
  const lines = Buffer.alloc(row * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      lines[y * row + 1 + (x >> 1)] |= greys[y * width + x] << (x % 2 === 0 ? 4 : 0);
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** {width, height, greys} of a PNG; `helper` is a page that does nothing else. */
async function decode(helper, png) {
  const { width, height, text } = await helper.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = '';
    for (let i = 0; i < data.length; i += 4) {
      const luma = (data[i] * 2126 + data[i + 1] * 7152 + data[i + 2] * 722) / 10000;
      text += Math.round(luma / 17).toString(16);
    }
    return { width: image.width, height: image.height, text };
  }, png.toString('base64'));
  return { width, height, greys: Uint8Array.from(text, (digit) => parseInt(digit, 16)) };
}

/** What is wrong with the picture of that name; undefined when it is as it should be. */
export async function compare(helper, name, png, folder = kFolder) {
  const seen = await decode(helper, png);
  const file = path.join(folder, `${name}.png`);
  if (process.env.UPDATE_PICTURES) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file, folder === kFolder ? encode(seen) : png);
    return undefined;
  }
  if (!fs.existsSync(file)) return `${file} does not exist; make it with UPDATE_PICTURES=1`;
  const kept = await decode(helper, fs.readFileSync(file));
  if (kept.width !== seen.width || kept.height !== seen.height)
    return `${name}: ${seen.width}x${seen.height} instead of ${kept.width}x${kept.height}`;
  let different = 0;
  for (let i = 0; i < seen.greys.length; i++) different += Math.abs(seen.greys[i] - kept.greys[i]) > 2;
  if (different <= kTolerance * seen.greys.length) return undefined;
  const shown = path.join(process.env.BUILD ?? path.join(repository, 'build'), 'test-logs', 'e2e', `${name}.png`);
  fs.mkdirSync(path.dirname(shown), { recursive: true });
  fs.writeFileSync(shown, encode(seen));
  return `${name}: ${different} pixels differ; now it looks like ${shown}`;
}
