/** What a user does in the editor, in the words of its API. */
import * as vscode from 'vscode';

/** A new document in the editor, the cursor at its end. */
export async function open(content: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content });
  const editor = await vscode.window.showTextDocument(document);
  editor.selection = new vscode.Selection(end(editor), end(editor));
  return editor;
}

/** The end of the document. */
export function end(editor: vscode.TextEditor): vscode.Position {
  return editor.document.positionAt(editor.document.getText().length);
}

export function labelOf(item: vscode.CompletionItem): string {
  return typeof item.label === 'string' ? item.label : item.label.label;
}

export async function actions(editor: vscode.TextEditor, line: number): Promise<string[]> {
  const place = new vscode.Range(line, 0, line, 0);
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    editor.document.uri,
    place,
  );
  return found.map((action) => action.title);
}

/** The first answer that is not undefined, within the time that a server may take to come up on a busy machine. */
export async function until<Answer>(ask: (attempt: number) => Promise<Answer | undefined>): Promise<Answer> {
  const deadline = Date.now() + 200_000;
  for (let attempt = 0; ; attempt++) {
    const answer = await ask(attempt);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('no answer in time');
    await pause(300);
  }
}

/** The document after ghost text was asked for at its cursors and accepted by commands, the last of which writes. */
export async function accepted(editor: vscode.TextEditor, ...commands: string[]): Promise<string> {
  const before = editor.document.getText();
  const cursors = editor.selections;
  return until(async (attempt) => {
    editor.selections = cursors;
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    // Nothing says when ghost text is shown: wait a little, and longer each time that it was too short.
    await pause(Math.min(20_000, 500 * 2 ** attempt));
    for (const command of commands.length > 0 ? commands : ['commit']) {
      await vscode.commands.executeCommand(`editor.action.inlineSuggest.${command}`);
    }
    return editor.document.getText() === before ? undefined : editor.document.getText();
  });
}

/** The calls that the suggest list has at the end of the document. */
export async function calls(editor: vscode.TextEditor, ...trigger: string[]): Promise<string[]> {
  const found = await vscode.commands.executeCommand<vscode.CompletionList>(
    'vscode.executeCompletionItemProvider',
    editor.document.uri,
    end(editor),
    ...trigger,
  );
  return found.items.map(labelOf).filter((label) => label.includes('('));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
