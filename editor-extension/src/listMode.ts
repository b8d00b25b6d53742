/** List mode: for those who want no ghost text, the same suggestions as entries of the suggest list alone. */
import * as vscode from 'vscode';

const INLINE = 'inline.enabled';

/** Whether suggestions come as entries of the list only. */
export function inListMode(): boolean {
  return !vscode.workspace.getConfiguration('callwright').get<boolean>(INLINE, true);
}

/** Turns ghost text on or off where the setting stands already, else everywhere. */
export async function toggleInline(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('callwright');
  const here = settings.inspect<boolean>(INLINE)?.workspaceValue !== undefined;
  const target = here ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await settings.update(INLINE, inListMode(), target);
}
