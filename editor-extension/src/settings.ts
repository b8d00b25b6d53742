/** The user's settings, as the server wants them. */
import * as vscode from 'vscode';

/** Settings that are the extension's own; all others belong to the server. */
export const EXTENSION_SETTINGS: ReadonlySet<string> = new Set(['server']);

/** Everything under `callwright` but the extension's own settings. */
export function serverSettings(): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration('callwright');
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(section)) {
    if (typeof value !== 'function' && !EXTENSION_SETTINGS.has(name)) {
      settings[name] = value;
    }
  }
  return settings;
}
