// Debian's Chromium, and pages of fresh profiles in it.

import { chromium } from 'playwright-core';

import { password } from './sessiond.mjs';

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

/** Fills in the login form that is open and sends it. */
export async function logIn(page, user = 'alice', secret = password) {
  await page.fill('input[name=user]', user);
  await page.fill('input[name=password]', secret);
  await clickThrough(page, 'button[type=submit]');
}

/** Clicks on what leads to another page, and waits until that is there. */
export async function clickThrough(page, selector) {
  await Promise.all([page.waitForEvent('load'), page.click(selector)]);
}
