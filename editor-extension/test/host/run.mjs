// Runs dist-test/host.cjs inside the real extension host; its verdict is the exit code.
import path from 'node:path';
import { startVSCode } from '../support/vscode.mjs';

/** What the suite says first. */
const BEGINS = 'Callwright in VS Code';
const extension = path.resolve(import.meta.dirname, '../..');
const code = await startVSCode({
  driver: true,
  files: { 'app.py': '' },
  settings: { 'callwright.server.path': process.env.CALLWRIGHT_SERVER, ...JSON.parse(process.env.CALLWRIGHT_TEST_SETTINGS) },
});
const remote = (file) => `vscode-remote://${code.authority}${file}`;
let verdict;
const ended = new Promise((done) => {
  verdict = done;
});
let begun;
const began = new Promise((done) => {
  begun = done;
});
try {
  await code.page.exposeFunction('codeAutomationLog', (_type, args) => {
    console.log(...args);
    if (args.join(' ').includes(BEGINS)) begun();
  });
  await code.page.exposeFunction('codeAutomationExit', (exitCode) => verdict(exitCode));
  await load();
  process.exitCode = await Promise.race([ended, after(600_000, 124)]);
  if (process.exitCode !== 0) code.printLogs();
} finally {
  await code.stop();
}

/** As in the session: now and then a page waits for ever for one of its parts, and then it is loaded once more. */
async function load() {
  for (let tries = 1; tries <= 3; tries++) {
    await code.page.goto(
      code.url([
        ['extensionDevelopmentPath', remote(extension)],
        ['extensionTestsPath', remote(path.join(extension, 'dist-test/host.cjs'))],
      ]),
      { waitUntil: 'commit' },
    );
    if ((await Promise.race([began, ended, after(300_000, 'late')])) !== 'late') return;
    console.log(`the extension host did not come up (${tries})`);
  }
}

function after(milliseconds, answer) {
  return new Promise((done) => setTimeout(() => done(answer), milliseconds).unref());
}
