// Debian's Chromium, and pages of fresh profiles in it.

import { chromium } from 'playwright-core';

/** `args`: of Chromium, beside the usual ones. */
export function launchBrowser(args = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}

/** A page of a fresh browser profile that sees the stack's site, and everything it complains about. */
export async function openPage(browser, stack, options = {}) {
  const context = await browser.newContext({ baseURL: `http://127.0.0.1:${stack.nginx.port}`, ...options });
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { context, page, complaints };
}
