/** The menu behind the status item. */
import * as vscode from 'vscode';
import { pythonSettings } from './settings';
import { describe, type StatusItem } from './status';
import { toggleEverywhere, toggleForPython, toggleHere } from './toggle';

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
  const on = !pythonSettings().get<boolean>('enabled', true);
  const label = (icon: string, where: string): string => `$(${icon}) Turn ${on ? 'on' : 'off'} ${where}`;
  const here: Choice = { label: label('folder', 'in this workspace'), run: () => toggleHere(on) };
  const python: Choice = { label: label('code', 'for Python'), run: () => toggleForPython(on) };
  const everywhere: Choice = { label: label('power', 'everywhere'), run: () => toggleEverywhere(on) };
  return [...(vscode.workspace.workspaceFolders ? [here] : []), python, everywhere];
}
