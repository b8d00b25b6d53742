/**
 * Callwright in VS Code.
 *
 * Ghost text, list items, diagnostics and quick fixes come from the server by standard LSP, without code of ours in
 * between. What is here: finding and keeping the server, the status item, and commands that LSP has no word for.
 */
import * as vscode from 'vscode';
import { inListMode, toggleInline } from './listMode';
import type { Server } from './server';
import { StatusItem } from './status';
import { WriteCallAction } from './writeCallAction';

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Callwright', { log: true });
  const status = new StatusItem();
  status.setListMode(inListMode());
  context.subscriptions.push(log, status);
  // The language client is most of what there is to load: it comes after the editor has been told that we are there.
  let loading: Promise<Server> | undefined;
  const server = (): Promise<Server> => (loading ??= load(context, status, log));

  const command = (name: string, run: () => unknown): void => {
    context.subscriptions.push(vscode.commands.registerCommand(`callwright.${name}`, run));
  };
  command('restart', async () => (await server()).restart());
  command('menu', async () => (await import('./parts')).showMenu(log, status));
  command('toggleInline', toggleInline);
  command('openLog', () => log.show());
  command('openSample', () => openSample(context));
  command('writeCall', async () => (await import('./parts')).writeCall(await server()));
  command('chooseBundle', async () => (await import('./parts')).chooseBundle(await server()));
  command('showStatistics', async () => (await import('./parts')).showStatistics(await server()));
  command('eraseOutcomes', async () => (await import('./parts')).eraseOutcomes(await server()));
  command('exportOutcomes', async () => (await import('./parts')).exportOutcomes(await server()));
  command('reportSuggestion', async () => (await import('./parts')).reportSuggestion(await server(), status));
  command('setUpServer', async () => {
    const { setUpServer } = await import('./parts');
    if (await setUpServer(context, log)) await (await server()).restart();
  });

  context.subscriptions.push(
    vscode.languages.registerCodeActionsProvider({ language: 'python' }, new WriteCallAction(), {
      providedCodeActionKinds: WriteCallAction.kinds,
    }),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      status.setListMode(inListMode());
      if (change.affectsConfiguration('callwright.server')) await (await server()).restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(async () => (await server()).restart()),
  );
  setImmediate(() => {
    start(context, server).catch((error: unknown) => {
      log.error(error instanceof Error ? error : String(error));
      status.update({ state: 'error', message: 'The extension could not start; the log says why.' });
    });
  });
}

async function load(context: vscode.ExtensionContext, status: StatusItem, log: vscode.LogOutputChannel): Promise<Server> {
  const { Server } = await import('./parts');
  const server = new Server(context, status, log);
  context.subscriptions.push(server);
  return server;
}

async function start(context: vscode.ExtensionContext, server: () => Promise<Server>): Promise<void> {
  await (await server()).restart();
  await (await import('./parts')).tellAboutSuggestList(context);
}

async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const sample = vscode.Uri.joinPath(context.extensionUri, 'media', 'sample.py');
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(sample));
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: text });
  await vscode.window.showTextDocument(document);
}
