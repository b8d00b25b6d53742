/**
 * Callwright in VS Code.
 *
 * Ghost text, list items, diagnostics and quick fixes come from the server by standard LSP, without code of ours in
 * between. What is here: finding and keeping the server, the status item, and commands that LSP has no word for.
 */
import * as vscode from 'vscode';
import { chooseBundle, eraseFeedback, reportSuggestion, showStatistics } from './serverCommands';
import { showMenu } from './menu';
import { Server } from './server';
import { setUpServer } from './setUpServer';
import { StatusItem } from './status';
import { tellAboutSuggestList } from './suggestList';
import { WriteCallAction, writeCall } from './writeCall';

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Callwright', { log: true });
  const status = new StatusItem();
  const server = new Server(context, status, log);
  context.subscriptions.push(log, status, server);

  const command = (name: string, run: (...args: never[]) => unknown): void => {
    context.subscriptions.push(vscode.commands.registerCommand(`callwright.${name}`, run));
  };
  command('restart', () => server.restart());
  command('menu', () => showMenu(server, status));
  command('openLog', () => log.show());
  command('writeCall', () => writeCall(server));
  command('chooseBundle', () => chooseBundle(server));
  command('showStatistics', () => showStatistics(server));
  command('eraseFeedback', () => eraseFeedback(server));
  command('reportSuggestion', () => reportSuggestion(server, status));
  command('openSample', () => openSample(context));
  command('setUpServer', async () => {
    if (await setUpServer(context, log)) await server.restart();
  });

  context.subscriptions.push(
    vscode.languages.registerCodeActionsProvider({ language: 'python' }, new WriteCallAction(), {
      providedCodeActionKinds: WriteCallAction.kinds,
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('callwright.server')) void server.restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
  );
  // Not awaited: the editor is usable while the server comes up.
  void server.restart().then(() => tellAboutSuggestList(context));
}

async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const sample = vscode.Uri.joinPath(context.extensionUri, 'media', 'sample.py');
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(sample));
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: text });
  await vscode.window.showTextDocument(document);
}
