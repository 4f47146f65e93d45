// Headless Chromium. Each line of standard input is a visit, in a browser without cookies:
// `{"urls": [..], "until": ".."}`, the URLs to open one after the other and a pattern that the
// text of the last page meets. The answer is a line with that page: `{"url": "..", "text": ".."}`.
"use strict";

const readline = require("node:readline");
const { chromium } = require("playwright-core");

const args = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function visit(browser, { urls, until }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  for (const url of urls) {
    // No longer than it takes to arrive: the page may lead on by itself.
    await page.goto(url, { waitUntil: "commit" });
  }
  await page.getByText(new RegExp(until)).waitFor();
  const shown = { url: page.url(), text: await page.innerText("body") };
  await context.close();
  return shown;
}

async function main() {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await visit(browser, JSON.parse(line))));
  }
  await browser.close();
}

main();
