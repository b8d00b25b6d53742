/** Task comment → API call: lists the calls that would answer it, and writes the chosen one. */
import * as vscode from 'vscode';
import { candidatesRequest, type Candidate } from './protocol';
import type { Server } from './server';

interface CandidateItem extends vscode.QuickPickItem {
  readonly candidate: Candidate;
}

/** Asks the server for calls, lets the user choose with a preview, and inserts the chosen one. */
export async function writeCall(server: Server): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = server.running;
  if (!editor || !client) {
    void vscode.window.showInformationMessage('Callwright is not ready yet.');
    return;
  }
  const position = endOfTask(editor);
  const candidates = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Callwright: looking for API calls', cancellable: true },
    (_progress, token) =>
      client.sendRequest(
        candidatesRequest,
        {
          textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(editor.document),
          position: client.code2ProtocolConverter.asPosition(position),
        },
        token,
      ),
  );
  if (candidates.length === 0) {
    void vscode.window.showInformationMessage('Callwright knows no API call for this task.');
    return;
  }
  const chosen = await choose(candidates);
  if (!chosen) return;
  const range = client.protocol2CodeConverter.asRange(chosen.range);
  await editor.edit((edit) => edit.replace(range, chosen.text));
}

function endOfTask(editor: vscode.TextEditor): vscode.Position {
  return editor.document.lineAt(editor.selection.active.line).range.end;
}

async function choose(candidates: readonly Candidate[]): Promise<Candidate | undefined> {
  const items = candidates.map(
    (candidate): CandidateItem => ({
      label: candidate.call,
      description: candidate.domain,
      detail: [candidate.description, candidate.requirements.join(', ')].filter((text) => text).join(' · '),
      candidate,
    }),
  );
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Write the API call for this',
    placeHolder: 'Calls that exist, best first',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.candidate;
}
