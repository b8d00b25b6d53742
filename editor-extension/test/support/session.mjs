// One VS Code with one page that the tests of keys and pixels share, and the words they use for what a user does.
//
// Nothing here sleeps: each step waits for what it brings about, for as long as a busy machine may need.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PATIENCE, startVSCode } from './vscode.mjs';

const EDITOR = '.editor-instance .monaco-editor';
const GHOST = `${EDITOR} .ghost-text-decoration, ${EDITOR} .ghost-text`;
/** Milliseconds after which a page will not come up any more. */
const START = 200_000;
const LIST = '.suggest-widget.visible .monaco-list-row';

const NETWORK = path.join(import.meta.dirname, 'network');

/** A server as users have it, in the workspace's `.venv`; it notes its process and its connections in files. */
function serverScript(pids) {
  const command = process.env.CALLWRIGHT_SERVER;
  return `#!/bin/sh\necho $$ >> '${pids}'\nexport PYTHONPATH='${NETWORK}'\${PYTHONPATH:+:$PYTHONPATH}\nexec '${command}' "$@"\n`;
}

/** Starts VS Code with the packaged extension; `files` are the workspace's. */
export async function startSession({ files, settings = {}, vsix = [process.env.VSIX] }) {
  const given = JSON.parse(process.env.CALLWRIGHT_TEST_SETTINGS);
  const record = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'network-')), 'record');
  const env = { NETWORK_RECORD: record };
  const node = ['--require', path.join(NETWORK, 'record.cjs')];
  const code = await startVSCode({ vsix, files, settings: { ...given, ...settings }, env, node });
  const pids = path.join(code.home, 'pids');
  const script = path.join(code.workspace, '.venv/bin/callwright');
  fs.mkdirSync(path.dirname(script), { recursive: true });
  fs.writeFileSync(script, serverScript(pids), { mode: 0o755 });
  return new Session(code, pids, record);
}

export class Session {
  constructor(code, pids, record) {
    this.record = record;
    this.code = code;
    this.page = code.page;
    this.pids = pids;
  }

  /**
   * Loads the workbench anew, with the settings as they stand in the files, and opens a file.
   *
   * Now and then a page waits for ever for one of its parts: then it is loaded once more.
   */
  async load(name, withExtension = true) {
    for (let tries = 1; ; tries++) {
      try {
        await this.page.goto(this.code.url(), { waitUntil: 'commit' });
        await this.page.waitForSelector('.explorer-folders-view .monaco-list-row', { timeout: START });
        await this.open(name);
        if (!withExtension) return;
        await this.page.waitForSelector('[aria-label^="Callwright: "]', { state: 'attached' });
        return;
      } catch (error) {
        if (tries === 5 || error.name !== 'TimeoutError') throw error;
        console.log(`the editor did not come up (${tries})`);
      }
    }
  }

  /** Opens a file and puts the cursor at its end. */
  async open(name) {
    await this.page.locator(`.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`).dblclick();
    await this.page.waitForSelector(`.tab.active[data-resource-name="${name}"]`);
    await this.page.waitForSelector(`${EDITOR}[data-uri$="/${name}"]`);
    await this.focus();
    this.file = path.join(this.code.workspace, name);
    await this.press('Control+End');
  }

  /** Puts the keyboard into the editor. */
  async focus() {
    await this.page.locator(`${EDITOR} .view-lines`).first().click();
    await this.page.waitForSelector(`${EDITOR}.focused`);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  status(state) {
    return this.page.waitForSelector(`[aria-label^="Callwright: ${state}"]`, { state: 'attached' });
  }

  ready() {
    return this.status('ready');
  }

  ghost(state = 'attached') {
    return this.page.waitForSelector(GHOST, { state });
  }

  /** Waits until the ghost text, its lines joined, is as expected. */
  async ghostSays(expected) {
    const says = ([selector, pattern]) => {
      const parts = Array.from(document.querySelectorAll(selector), (part) => part.textContent);
      return new RegExp(pattern).test(parts.join('').replaceAll('\u00a0', ' '));
    };
    await this.page.waitForFunction(says, [GHOST, expected.source]);
  }

  /** Waits until a line of the file, ghost text left out, is as expected. */
  async lineSays(expected) {
    const says = (pattern) =>
      Array.from(document.querySelectorAll('.editor-instance .view-line')).some((line) => {
        const parts = Array.from(line.querySelectorAll('span > span:not([class*="ghost-text"])'), (part) => part.textContent);
        return new RegExp(pattern).test(parts.join('').replaceAll('\u00a0', ' '));
      });
    await this.page.waitForFunction(says, expected.source);
  }

  /** The ghost text as it stands now, its lines joined. */
  async ghostText() {
    const parts = await this.page.locator(GHOST).allTextContents();
    return parts.join('').replaceAll('\u00a0', ' ');
  }

  /** How many pieces of ghost text there are right now. */
  ghosts() {
    return this.page.locator(GHOST).count();
  }

  /** The rows of the suggest list, as soon as there are any. */
  async list() {
    await this.page.waitForSelector(LIST);
    return this.page.locator(LIST).evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')));
  }

  /** Runs a command by its title, as the palette shows it. */
  async command(title) {
    await this.press('F1');
    await this.page.waitForSelector('.quick-input-widget input');
    await this.type(title);
    await this.page.waitForSelector(`.quick-input-list .monaco-list-row.focused[aria-label*="${title}"]`);
    await this.press('Enter');
  }

  /** A notification, in the list that keeps them all: on a busy machine a toast may have gone before it is seen. */
  async notification(text) {
    await this.command('Notifications: Show Notifications');
    return this.page.waitForSelector(`.notifications-center .notification-list-item:has-text("${text}")`);
  }

  /** Saves the open file and reads it; something in it must have changed. */
  async saved() {
    await this.page.waitForSelector('.tab.active.dirty');
    await this.press('Control+S');
    await this.page.waitForSelector('.tab.active:not(.dirty)');
    return fs.readFileSync(this.file, 'utf8');
  }

  /** Process ids of the servers that were started so far. */
  servers() {
    return fs.readFileSync(this.pids, 'utf8').trim().split('\n').map(Number);
  }

  /** What our server and our extension opened or looked up, and how many of their processes were watched. */
  connections() {
    const lines = fs.readFileSync(this.record, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const ours = lines.filter((line) => line.server || line.stack.some((frame) => frame.includes('callwright.callwright')));
    const watched = lines.filter((line) => line.what === 'watching');
    return {
      opened: ours.filter((line) => line.what !== 'watching'),
      servers: watched.filter((line) => line.server).length,
      hosts: watched.filter((line) => line.target.includes('--type=extensionHost')).length,
    };
  }

  /** The machine's settings as the editor has written them: what stands there already is changed there. */
  settings() {
    const text = fs.readFileSync(path.join(this.code.home, 'user/Machine/settings.json'), 'utf8').trimEnd();
    return text.endsWith('}') ? JSON.parse(text) : {}; // the editor empties the file before it writes it
  }

  /** Waits for what no page shows. */
  async until(holds) {
    for (const end = Date.now() + PATIENCE; !holds(); ) {
      if (Date.now() > end) throw new Error(`not so in time: ${holds}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Changes the settings that a machine has; `load` makes them count. */
  configure(settings) {
    this.code.configure(settings);
  }

  /** Keeps a picture and the logs of a failure. */
  async keepEvidence(name) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.png`);
    await this.page.screenshot({ path: file });
    console.log(`screenshot: ${file}`);
    this.code.printLogs();
  }

  async stop() {
    await this.code.stop();
    fs.rmSync(path.dirname(this.record), { recursive: true });
  }
}
