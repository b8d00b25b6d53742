/** The menu behind the status item. */
import * as vscode from 'vscode';
import type { StatusItem } from './status';
import { describe } from './status';

interface Choice extends vscode.QuickPickItem {
  readonly run: () => unknown;
}

export async function showMenu(log: vscode.LogOutputChannel, status: StatusItem): Promise<void> {
  const choices: Choice[] = [
    { label: '$(pencil) Write the API call for this', run: () => command('callwright.writeCall') },
    ...toggles(),
    { label: '$(list-selection) Ghost text on or off', run: () => command('callwright.toggleInline') },
    { label: '$(package) Choose a bundle', run: () => command('callwright.chooseBundle') },
    { label: '$(graph) Show statistics', run: () => command('callwright.showStatistics') },
    { label: '$(export) Export accepted calls as records', run: () => command('callwright.exportOutcomes') },
    { label: '$(trash) Erase what was recorded', run: () => command('callwright.eraseOutcomes') },
    { label: '$(report) Report a wrong suggestion', run: () => command('callwright.reportSuggestion') },
    { label: '$(output) Open log', run: () => log.show() },
    { label: '$(debug-restart) Restart the server', run: () => command('callwright.restart') },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: describe(status.current).split('\n').join(' · ') });
  await chosen?.run();
}

function command(name: string): Thenable<unknown> {
  return vscode.commands.executeCommand(name);
}

function toggles(): Choice[] {
  const settings = vscode.workspace.getConfiguration('callwright');
  const verb = settings.get<boolean>('enabled', true) ? 'off' : 'on';
  const to = (target: vscode.ConfigurationTarget) => () => settings.update('enabled', verb === 'on', target);
  const everywhere: Choice = { label: `$(power) Turn ${verb} everywhere`, run: to(vscode.ConfigurationTarget.Global) };
  const here: Choice = { label: `$(folder) Turn ${verb} in this workspace`, run: to(vscode.ConfigurationTarget.Workspace) };
  return vscode.workspace.workspaceFolders ? [here, everywhere] : [everywhere];
}
