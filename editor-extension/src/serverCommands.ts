/** Commands that the server carries out (`workspace/executeCommand`) and the editor shows. */
import * as vscode from 'vscode';
import { ExecuteCommandRequest } from 'vscode-languageclient/node';
import type { Server } from './server';
import { describe, type StatusItem } from './status';

interface BundleDescription {
  readonly name: string;
  readonly base: string;
  readonly sizeMb: number;
}

async function execute<Result>(server: Server, command: string, ...args: unknown[]): Promise<Result | undefined> {
  const client = server.running;
  if (!client) {
    void vscode.window.showInformationMessage('Callwright is not ready yet.');
    return undefined;
  }
  return (await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args })) as Result;
}

/** Lists the installed bundles and serves the chosen one from now on. */
export async function chooseBundle(server: Server): Promise<void> {
  const bundles = await execute<BundleDescription[]>(server, 'callwright.bundles');
  if (!bundles) return;
  const items = bundles.map((bundle) => ({ label: bundle.name, description: `${bundle.base}, ${bundle.sizeMb} MB` }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Bundle to serve' });
  if (chosen) {
    await vscode.workspace.getConfiguration('callwright').update('bundle', chosen.label, vscode.ConfigurationTarget.Global);
  }
}

/** Opens what was recorded on this machine about suggestions shown and accepted. */
export async function showStatistics(server: Server): Promise<void> {
  const text = await execute<string>(server, 'callwright.outcomes.statistics');
  if (text === undefined) return;
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
  await vscode.window.showTextDocument(document, { preview: true });
}

/** Erases it, after asking. */
export async function eraseOutcomes(server: Server): Promise<void> {
  const erase = 'Erase';
  const question = 'Erase everything that Callwright recorded on this machine about its suggestions?';
  if ((await vscode.window.showWarningMessage(question, { modal: true }, erase)) === erase) {
    const count = await execute<number>(server, 'callwright.outcomes.erase');
    if (count !== undefined) void vscode.window.showInformationMessage(`${count} recorded outcomes erased.`);
  }
}

/** Writes the calls that were accepted and kept as records that `rlaif-train` reads. */
export async function exportOutcomes(server: Server): Promise<void> {
  const file = await vscode.window.showSaveDialog({ filters: { 'JSON lines': ['jsonl'] }, title: 'Accepted calls as records' });
  if (!file) return;
  const count = await execute<number>(server, 'callwright.outcomes.export', file.fsPath);
  if (count !== undefined) void vscode.window.showInformationMessage(`${count} records written to ${file.fsPath}.`);
}

/** Opens a text with what is needed to understand a wrong suggestion. Nothing is sent. */
export async function reportSuggestion(server: Server, status: StatusItem): Promise<void> {
  const last = await execute<unknown>(server, 'callwright.lastSuggestion');
  if (last === undefined) return;
  const content = [
    '# A wrong suggestion',
    '',
    'What was suggested, and what should have been:',
    '',
    '```json',
    JSON.stringify(last, undefined, 2),
    '```',
    '',
    describe(status.current),
    '',
    'This text stays on your machine until you send it yourself.',
  ].join('\n');
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  await vscode.window.showTextDocument(document);
}
