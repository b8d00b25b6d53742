// What needs eyes and keys, on the packaged extension: ghost text, its keys, the list, the light bulb, a killed server.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { startVSCode } from '../support/vscode.mjs';

const TASK = '# Text classification of a review';
const EDITOR = '.editor-instance .monaco-editor';
const GHOST = `${EDITOR} .ghost-text-decoration, ${EDITOR} .ghost-text`;
const SERVER = process.env.CALLWRIGHT_SERVER;
const settings = { 'callwright.server.path': SERVER, ...JSON.parse(process.env.CALLWRIGHT_TEST_SETTINGS ?? '{}') };

let code;
let page;

before(async () => {
  code = await startVSCode({
    vsix: [process.env.VSIX],
    files: Object.fromEntries(Array.from({ length: 9 }, (_, number) => [`app${number}.py`, ''])),
    settings,
  });
  page = code.page;
});

after(() => code?.stop());

afterEach(async (context) => {
  if (process.env.SCREENSHOTS) {
    const name = context.name.replaceAll(/\W+/g, '-');
    await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
    code.printLogs();
  }
});

let number = 0;

/** Loads the workbench on a file that no other test has touched, and waits until the server is ready. */
async function open() {
  const name = `app${number++}.py`;
  const file = path.join(code.workspace, name);
  await page.goto(code.url([['openFile', `vscode-remote://${code.authority}${file}`]]));
  await page.waitForSelector(`.tab.active[data-resource-name="${name}"]`, { timeout: 60_000 });
  await page.waitForSelector(EDITOR);
  await ready();
  await page.locator(`${EDITOR} .view-lines`).first().click();
  return file;
}

function ready() {
  return page.waitForSelector('[aria-label^="Callwright: ready"], [aria-label^="Callwright: thinking"]', {
    state: 'attached',
    timeout: 60_000,
  });
}

async function typeTask() {
  await page.keyboard.type(TASK, { delay: 5 });
  await page.keyboard.press('Enter');
  await page.waitForSelector(GHOST, { state: 'attached', timeout: 30_000 });
}

async function saved(file) {
  await page.keyboard.press('Control+S');
  await page.waitForSelector('.tab.active:not(.dirty)');
  return fs.readFileSync(file, 'utf8');
}

test('ghost text appears and Tab accepts it', async () => {
  const file = await open();
  await typeTask();
  await page.keyboard.press('Tab');
  const text = await saved(file);
  assert.match(text, /of a review\n[^#]*\w+\([^]*\)/);
});

test('word by word, the first word only', async () => {
  const file = await open();
  await typeTask();
  await page.keyboard.press('Control+ArrowRight');
  const text = (await saved(file)).slice(TASK.length + 1);
  assert.match(text, /^\w+\W*$/);
});

test('Esc dismisses it and nothing is inserted', async () => {
  const file = await open();
  await typeTask();
  await page.keyboard.press('Escape');
  await page.waitForSelector(GHOST, { state: 'detached' });
  assert.equal(await saved(file), `${TASK}\n`);
});

test('the light bulb writes the chosen call', async () => {
  const file = await open();
  await page.keyboard.type(TASK, { delay: 5 });
  await page.keyboard.press('Control+Shift+P');
  await page.keyboard.type('Write the API Call');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.quick-input-title:has-text("Write the API call for this")', { timeout: 30_000 });
  await page.waitForSelector('.quick-input-list .monaco-list-row');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('.quick-input-widget:not([style*="display: none"])'));
  assert.match(await saved(file), /of a review\n[^]*\w+\([^]*\)/);
});

test('a killed server comes back by itself', async () => {
  await open();
  execFileSync('pkill', ['-9', '-f', `${SERVER} serve`]);
  await page.waitForSelector('[aria-label^="Callwright: loading"]', { state: 'attached', timeout: 15_000 });
  await ready();
  await page.locator(`${EDITOR} .view-lines`).first().click();
  await typeTask();
});
