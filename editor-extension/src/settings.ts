/** The user's settings, as the server wants them. */
import * as vscode from 'vscode';

/** Settings that are the extension's own; all others belong to the server. */
export const EXTENSION_SETTINGS: ReadonlySet<string> = new Set(['server']);

/** The settings as they count for Python: `"[python]"` may set them apart. */
export function pythonSettings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('callwright', { languageId: 'python' });
}

/** Everything under `callwright` but the extension's own settings. */
export function serverSettings(): Record<string, unknown> {
  const section = pythonSettings();
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(section)) {
    if (typeof value !== 'function' && !EXTENSION_SETTINGS.has(name)) {
      settings[name] = value;
    }
  }
  return settings;
}
