/** The suite that runs inside the extension host: the real editor's API against the real server. */
import * as vscode from 'vscode';
import { basics } from './basics';
import { manners } from './manners';

/** Called by the extension host. */
export async function run(): Promise<void> {
  // mocha is an ES module: required from CommonJS it comes as a namespace.
  const loaded = (await import('mocha')) as unknown as { default?: typeof import('mocha') };
  const Mocha = loaded.default ?? (loaded as unknown as typeof import('mocha'));
  const mocha = new Mocha({ ui: 'bdd', timeout: 240_000, color: false });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  describe(`Callwright in VS Code ${vscode.version}`, () => {
    basics();
    manners();
  });
  const { passes = 0, failures = 0, pending = 0 } = await new Promise<Mocha.Stats>((done) => {
    const runner = mocha.run(() => done(runner.stats ?? ({} as Mocha.Stats)));
  });
  console.log(`VS Code ${vscode.version}: ${passes} passed, ${failures} failed, ${pending} skipped`);
  if (failures > 0 || passes === 0) throw new Error(`${failures} failed`);
}
