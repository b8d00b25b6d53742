/** The light bulb on a task comment or an empty line. */
import * as vscode from 'vscode';

const COMMENT = /^\s*#(?!!)\s*\S/;

/** Whether a line is a comment and nothing else. */
export function onComment(document: vscode.TextDocument, { line }: vscode.Position): boolean {
  return COMMENT.test(document.lineAt(line).text);
}

/** Whether there is nothing on a line but space. */
export function onEmptyLine(document: vscode.TextDocument, { line }: vscode.Position): boolean {
  return document.lineAt(line).isEmptyOrWhitespace;
}

/** Offers "Write the API call for this" on a comment, and on an empty line, where the command asks for the task. */
export class WriteCallAction implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.RefactorRewrite];

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    if (!onComment(document, range.start) && !onEmptyLine(document, range.start)) return [];
    const action = new vscode.CodeAction('Write the API call for this', vscode.CodeActionKind.RefactorRewrite);
    action.command = { command: 'callwright.writeCall', title: action.title };
    return [action];
  }
}
