import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { accepted, calls, labelOf, open, until } from './editing';

const IMPORT = 'from sentence_transformers import SentenceTransformer\n';
const TASK = '# Sentence similarity\n';
const CALL = "SentenceTransformer('org/sentence-model')";

/** It gets along with what the editor does by itself. */
export function manners(): void {
  it('writes the line ends of the file', async () => {
    const before = `# Image classification\n`.replaceAll('\n', '\r\n');
    const editor = await open(before);
    assert.equal(editor.document.eol, vscode.EndOfLine.CRLF);
    const text = await accepted(editor);
    assert.match(text, /import pipeline\r\npipe = pipeline\('image-classification'/);
    assert.doesNotMatch(text, /[^\r]\n/);
  });

  it('leaves one bracket where the editor had closed one', async () => {
    const editor = await open(`${IMPORT}${TASK}model = SentenceTransformer`);
    await vscode.commands.executeCommand('type', { text: '(' });
    assert.ok(editor.document.getText().endsWith('()'), 'the editor closes brackets');
    assert.equal(await accepted(editor), `${IMPORT}${TASK}model = ${CALL}`);
  });

  it('writes at every cursor', async () => {
    const editor = await open(`${IMPORT}${TASK}\n${TASK}\n`);
    editor.selections = [2, 4].map((line) => new vscode.Selection(line, 0, line, 0));
    assert.equal(await accepted(editor), `${IMPORT}${TASK}model = ${CALL}\n${TASK}model = ${CALL}\n`);
  });

  it('can be taken a line at a time', async () => {
    const editor = await open('# Image classification\n');
    const text = await accepted(editor, 'acceptNextLine');
    assert.match(text, /\nfrom transformers import pipeline\n?$/);
  });

  it('has alternatives', async () => {
    const task = '# Image classification\n';
    const first = await accepted(await open(task));
    assert.notEqual(await accepted(await open(task), 'showNext', 'commit'), first);
  });

  it('opens no list by itself inside a comment', async () => {
    const editor = await open('# Image classification, multi-');
    await until(async () => (await calls(editor)).length || undefined);
    assert.deepEqual(await calls(editor, '-'), []);
  });

  it('works in the cells of a notebook', async () => {
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, `${IMPORT}${TASK}`, 'python');
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData([cell]));
    await vscode.window.showNotebookDocument(notebook);
    const { document } = notebook.cellAt(0);
    const labels = await until(async () => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        new vscode.Position(2, 0),
      );
      const ours = list.items.map(labelOf).filter((label) => label.includes('('));
      return ours.length > 0 ? ours : undefined;
    });
    assert.equal(labels[0], CALL);
  });

  it('can be turned off for Python', async () => {
    const editor = await open(`${IMPORT}${TASK}`);
    const settings = vscode.workspace.getConfiguration('callwright', { languageId: 'python' });
    const turn = (on: false | undefined): Thenable<void> => settings.update('enabled', on, vscode.ConfigurationTarget.Global, true);
    await until(async () => (await calls(editor)).length || undefined);
    await turn(false);
    await until(async () => (await calls(editor)).length === 0 || undefined);
    await turn(undefined);
    await until(async () => (await calls(editor)).length || undefined);
  });
}
