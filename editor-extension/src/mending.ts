/** The server is not there or is of no use: says so once, with buttons that mend it. */
import * as vscode from 'vscode';
import { otherServers, type Surroundings } from './serverSearch';

const SET_UP = 'Set up the server';
const CHOOSE = 'Choose a path';
const OPEN_LOG = 'Open log';

/**
 * Offers another server that is there, to set one up, to choose a path, and the log.
 *
 * @param problem What is wrong, in a sentence.
 * @param useless The command that does not work, where one was tried.
 */
export async function offerMending(
  problem: string,
  around: Surroundings,
  useless: string | undefined,
  log: vscode.LogOutputChannel,
): Promise<void> {
  const [other] = await otherServers(around, useless);
  const use = other && `Use ${other.because}`;
  const actions = [use, around.trusted ? SET_UP : undefined, CHOOSE, OPEN_LOG].filter((action) => action !== undefined);
  const chosen = await vscode.window.showWarningMessage(problem, ...actions);
  if (chosen === undefined) return;
  // Writing the setting is enough: whoever watches it restarts the server.
  if (other && chosen === use) await set(other.command);
  if (chosen === SET_UP) await vscode.commands.executeCommand('callwright.setUpServer');
  if (chosen === CHOOSE) await choosePath();
  if (chosen === OPEN_LOG) log.show();
}

async function choosePath(): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({ title: 'The callwright command', openLabel: 'Use it' });
  if (chosen?.[0]) await set(chosen[0].fsPath);
}

/** Writes the setting where it stands already, else for this machine. */
async function set(command: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration('callwright');
  const there = settings.inspect<string>('server.path');
  const target = there?.workspaceValue ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await settings.update('server.path', command, target);
}
