// One throw-away VS Code server with a Chromium page on it, for the editor's tests.
//
// VSCODE_DIR: what scripts/setup-vscode.sh made. CHROMIUM: the browser. Both come from tests/editor.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const VSCODE = process.env.VSCODE_DIR;
const NODE = path.join(VSCODE, 'bin/node');
const SERVER = path.join(VSCODE, 'pkg/lib/vscode/out/server-main.js');
const HERE = import.meta.dirname;
/** Milliseconds; a machine that is busy with everything else takes minutes to load the workbench. */
export const PATIENCE = Number(process.env.PATIENCE ?? 400_000);
/** The screen's pixels for one of the page's. */
const SCALE = Number(process.env.SCALE ?? 1);

const BROWSER = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/**
 * Starts VS Code on a new workspace; `files` maps names to contents, `settings` are added to the tests' own.
 *
 * `node` are options of Node for the server and its extension host. `driver` lets a suite run inside the extension
 * host; it also keeps notifications from being shown.
 */
export async function startVSCode({ vsix = [], files = {}, settings = {}, env = {}, node = [], driver = false }) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'vscode-'));
  const workspace = path.join(home, 'workspace');
  writeAll(workspace, files);
  writeAll(path.join(home, 'tmp'), {});
  configure(home, settings);
  const folders = ['--server-data-dir', `${home}/server`, '--user-data-dir', `${home}/user`, '--extensions-dir', `${home}/extensions`];
  for (const file of vsix) install(file, folders);

  const port = await freePort();
  const log = fs.openSync(path.join(home, 'server.log'), 'w');
  const server = spawn(
    NODE,
    [...node, SERVER, '--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms',
     '--telemetry-level', 'off', '--disable-workspace-trust', ...(driver ? ['--enable-smoke-test-driver'] : []), ...folders],
    { stdio: ['ignore', log, log], env: { ...process.env, ...inside(home), ...env } },
  );
  process.once('exit', () => server.kill('SIGKILL'));
  await answers(`http://127.0.0.1:${port}/version`);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: BROWSER, timeout: PATIENCE });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: SCALE });
  page.setDefaultTimeout(PATIENCE);
  // Where memory runs out, Linux ends the browser's processes first.
  page.on('crash', () => console.log(`the page's process was ended; ${Math.round(os.freemem() / 2 ** 20)} MB of memory are free`));
  await page.addInitScript(waitLonger);

  return {
    page,
    home,
    workspace,
    authority: `127.0.0.1:${port}`,
    url: (payload = []) => address(port, workspace, payload),
    configure: (changed) => configure(home, changed),
    printLogs: () => printLogs(home),
    async stop() {
      await browser.close();
      server.kill();
      const ended = new Promise((done) => server.once('exit', done));
      const reluctant = setTimeout(() => server.kill('SIGKILL'), 20_000);
      if (server.exitCode === null && server.signalCode === null) await ended;
      clearTimeout(reluctant);
      removed(home);
    },
  };
}

/**
 * Runs in the page. VS Code gives its extension host up after a minute, and then stays without one: on a machine that is
 * busy with everything else it takes longer.
 */
function waitLonger() {
  const minute = 60_000;
  const plain = globalThis.setTimeout;
  globalThis.setTimeout = (run, after, ...rest) => plain(run, after === minute ? 10 * minute : after, ...rest);
}

/** What an ending process still writes must not fail a test. */
function removed(folder) {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 });
  } catch (error) {
    console.log(`left behind: ${folder} (${error.code})`);
  }
}

/** Writes the settings; those that belong to a machine, such as the server's path, are read from its own file only. */
function configure(home, settings) {
  writeAll(path.join(home, 'user/User'), { 'settings.json': JSON.stringify({ ...baseSettings(), ...settings }) });
  writeAll(path.join(home, 'user/Machine'), { 'settings.json': JSON.stringify(settings) });
}

/** Sockets, outcomes and the browser's files stay in the folder that goes when the tests end. */
function inside(home) {
  return { TMPDIR: `${home}/tmp`, XDG_RUNTIME_DIR: `${home}/tmp`, CALLWRIGHT_HOME: `${home}/callwright` };
}

function baseSettings() {
  return JSON.parse(fs.readFileSync(path.join(HERE, 'settings.json'), 'utf8'));
}

function writeAll(folder, files) {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
}

function install(vsix, folders) {
  const done = spawnSync(NODE, [SERVER, ...folders, '--install-extension', vsix], { encoding: 'utf8' });
  if (done.status) throw new Error(done.stdout + done.stderr);
}

function address(port, workspace, payload) {
  const all = JSON.stringify([['skipWelcome', 'true'], ['skipReleaseNotes', 'true'], ...payload]);
  return `http://127.0.0.1:${port}/?folder=${workspace}&payload=${encodeURIComponent(all)}`;
}

function freePort() {
  return new Promise((done) => {
    const socket = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });
}

async function answers(url) {
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      return await fetch(url);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** What the extension and its server wrote, for whoever reads a failure. */
function printLogs(home) {
  for (const file of fs.readdirSync(home, { recursive: true })) {
    if (/Callwright\.log$/.test(file)) console.log(`--- ${file}\n${fs.readFileSync(path.join(home, file), 'utf8')}`);
  }
}
