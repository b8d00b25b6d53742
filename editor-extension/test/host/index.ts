/** The suite that runs inside the extension host: the real editor's API against the real server. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const TASK = '# Text classification of a review\n';

function define(): void {
  it('activates in under 100 ms of CPU time', async () => {
    const extension = vscode.extensions.getExtension('callwright.callwright');
    assert.ok(extension, 'the extension is not there');
    // CPU time: what a busy machine makes of the wall clock is not the extension's doing.
    const began = process.cpuUsage();
    await extension.activate();
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 100_000, `activation took ${(user + system) / 1000} ms`);
  });

  it('registers its commands', async () => {
    const commands = await vscode.commands.getCommands(true);
    for (const name of ['writeCall', 'menu', 'restart', 'setUpServer', 'chooseBundle', 'showStatistics']) {
      assert.ok(commands.includes(`callwright.${name}`), name);
    }
  });

  it('offers list items after a task comment', async () => {
    const editor = await open(TASK);
    const list = await until(async () => {
      const found = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        editor.document.uri,
        end(editor),
      );
      const ours = found.items.filter((item) => labelOf(item).includes('('));
      return ours.length > 0 ? ours : undefined;
    });
    assert.ok(list.length > 0);
  });

  it('shows ghost text that commits a whole call', async () => {
    const editor = await open(TASK);
    const text = await until(async () => {
      editor.selection = new vscode.Selection(end(editor), end(editor));
      await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
      await pause(700);
      await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
      return editor.document.getText() === TASK ? undefined : editor.document.getText();
    });
    assert.match(text.slice(TASK.length), /\w+\(.*\)/s);
  });

  it('offers the light bulb on a task comment and not on code', async () => {
    const editor = await open(`${TASK}x = 1\n`);
    assert.ok((await actions(editor, 0)).includes('Write the API call for this'));
    assert.ok(!(await actions(editor, 1)).includes('Write the API call for this'));
  });
}

/** Called by the extension host. */
export async function run(): Promise<void> {
  // mocha is an ES module: required from CommonJS it comes as a namespace.
  const loaded = (await import('mocha')) as unknown as { default?: typeof import('mocha') };
  const Mocha = loaded.default ?? (loaded as unknown as typeof import('mocha'));
  const mocha = new Mocha({ ui: 'bdd', timeout: 90_000, color: false });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  describe('Callwright in VS Code', define);
  const { passes = 0, failures = 0, pending = 0 } = await new Promise<Mocha.Stats>((done) => {
    const runner = mocha.run(() => done(runner.stats ?? ({} as Mocha.Stats)));
  });
  console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  if (failures > 0 || passes === 0) throw new Error(`${failures} failed`);
}

async function open(content: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content });
  const editor = await vscode.window.showTextDocument(document);
  editor.selection = new vscode.Selection(end(editor), end(editor));
  return editor;
}

function end(editor: vscode.TextEditor): vscode.Position {
  return editor.document.positionAt(editor.document.getText().length);
}

function labelOf(item: vscode.CompletionItem): string {
  return typeof item.label === 'string' ? item.label : item.label.label;
}

async function actions(editor: vscode.TextEditor, line: number): Promise<string[]> {
  const place = new vscode.Range(line, 0, line, 0);
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    editor.document.uri,
    place,
  );
  return found.map((action) => action.title);
}

/** The first answer that is not undefined, within the time that a server may take to come up. */
async function until<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('no answer within a minute');
    await pause(300);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
