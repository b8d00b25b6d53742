/** Where the task is that an API call is wanted for: a comment, or what the user says on an empty line. */
import * as vscode from 'vscode';
import { onComment, onEmptyLine } from './writeCallAction';

/** Where the answer to the task at the cursor belongs; `undefined` where the user names no task. */
export async function taskAt(editor: vscode.TextEditor): Promise<vscode.Position | undefined> {
  const { document } = editor;
  const cursor = editor.selection.active;
  if (onComment(document, cursor)) return endOfComment(document, cursor.line);
  const below = cursor.line > 0 && onComment(document, cursor.translate(-1));
  if (!onEmptyLine(document, cursor) || below) return document.lineAt(cursor.line).range.end;
  return askedFor(editor, cursor.line);
}

/** The end of a comment's last line. */
function endOfComment(document: vscode.TextDocument, line: number): vscode.Position {
  const indent = document.lineAt(line).firstNonWhitespaceCharacterIndex;
  let last = line;
  while (last + 1 < document.lineCount && onComment(document, new vscode.Position(last + 1, 0))) {
    if (document.lineAt(last + 1).firstNonWhitespaceCharacterIndex !== indent) break;
    last++;
  }
  return document.lineAt(last).range.end;
}

/** Asks for the task and writes it down as a comment. */
async function askedFor(editor: vscode.TextEditor, line: number): Promise<vscode.Position | undefined> {
  const task = await vscode.window.showInputBox({
    title: 'Write the API call for this',
    prompt: 'What it should do, in a sentence. It is written down as a comment.',
    placeHolder: "Sentiment analysis of a customer's review",
  });
  if (!task?.trim()) return undefined;
  const end = editor.document.lineAt(line).range.end;
  await editor.edit((edit) => edit.insert(end, `# ${task.trim()}`));
  return editor.document.lineAt(line).range.end;
}
