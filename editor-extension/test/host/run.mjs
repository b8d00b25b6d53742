// Runs dist-test/host.cjs inside the real extension host; its verdict is the exit code.
import path from 'node:path';
import { startVSCode } from '../support/vscode.mjs';

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
try {
  await code.page.exposeFunction('codeAutomationLog', (_type, args) => console.log(...args));
  await code.page.exposeFunction('codeAutomationExit', (exitCode) => verdict(exitCode));
  await code.page.goto(
    code.url([
      ['extensionDevelopmentPath', remote(extension)],
      ['extensionTestsPath', remote(path.join(extension, 'dist-test/host.cjs'))],
    ]),
  );
  const limit = new Promise((done) => setTimeout(() => done(124), 600_000).unref());
  process.exitCode = await Promise.race([ended, limit]);
  if (process.exitCode !== 0) code.printLogs();
} finally {
  await code.stop();
}
