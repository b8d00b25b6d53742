/** Task comment → script: lists the calls that would answer it, and writes the chosen one with the lines that use it. */
import * as vscode from 'vscode';
import { WorkDoneProgress, type LanguageClient } from 'vscode-languageclient/node';
import { chooseCall } from './chooseCall';
import { candidatesRequest, scriptRequest, type Candidate, type Script } from './protocol';
import type { Server } from './server';
import { taskAt } from './task';

/** Asks the server for calls, lets the user choose with a preview, and writes the script. */
export async function writeCall(server: Server): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = server.running;
  if (!editor || !client) {
    void vscode.window.showInformationMessage('Callwright is not ready yet.');
    return;
  }
  const position = await taskAt(editor);
  if (!position) return;
  const { version } = editor.document;
  const place = placeOf(client, editor.document, position);
  const candidates = await withProgress('looking for API calls', (_progress, token) =>
    client.sendRequest(candidatesRequest, place, token),
  );
  if (candidates === undefined) return;
  if (candidates.length === 0) {
    void vscode.window.showInformationMessage('Callwright knows no API call for this task.');
    return;
  }
  const chosen = await chooseCall(candidates, editor, position);
  if (!chosen) return;
  const script = await withProgress('writing the script', (progress, token) =>
    writeScript(client, place, chosen, progress, token),
  );
  if (editor.document.version !== version) {
    void vscode.window.showInformationMessage('Callwright: the file has changed meanwhile, so nothing was written.');
    return;
  }
  // Cancelled: the call itself was chosen, and is written all the same.
  const { range, text } = script ?? chosen;
  await editor.edit((edit) => edit.replace(client.protocol2CodeConverter.asRange(range), text));
}

function placeOf(client: LanguageClient, document: vscode.TextDocument, position: vscode.Position) {
  return {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
    position: client.code2ProtocolConverter.asPosition(position),
  };
}

type Progress = vscode.Progress<{ message?: string }>;

/** Asks for the script, showing each line as it is written. */
async function writeScript(
  client: LanguageClient,
  place: ReturnType<typeof placeOf>,
  { call }: Candidate,
  progress: Progress,
  token: vscode.CancellationToken,
): Promise<Script | null> {
  const workDoneToken = `callwright-script-${Date.now()}`;
  const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    if (value.kind === 'report' && value.message) progress.report({ message: value.message });
  });
  try {
    return await client.sendRequest(scriptRequest, { ...place, call, workDoneToken }, token);
  } finally {
    listening.dispose();
  }
}

/** The answer; `undefined` where the user cancelled. */
async function withProgress<Answer>(
  what: string,
  ask: (progress: Progress, token: vscode.CancellationToken) => Promise<Answer>,
): Promise<Answer | undefined> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Callwright: ${what}`, cancellable: true },
    async (progress, token) => {
      try {
        return await ask(progress, token);
      } catch (error) {
        if (token.isCancellationRequested) return undefined;
        throw error;
      }
    },
  );
}
