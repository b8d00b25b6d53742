/** On or off: in this workspace, for Python, everywhere. */
import * as vscode from 'vscode';
import { pythonSettings } from './settings';

const ENABLED = 'enabled';
const { Global, Workspace } = vscode.ConfigurationTarget;

/** Turns suggestions on or off in this workspace. */
export async function toggleHere(on: boolean): Promise<void> {
  await pythonSettings().update(ENABLED, on, Workspace);
  // What stands under "[python]" comes before it, wherever that stands.
  if (pythonSettings().get<boolean>(ENABLED) !== on) await pythonSettings().update(ENABLED, on, Workspace, true);
}

/** Turns suggestions on or off under `"[python]"` in the user's settings. */
export async function toggleForPython(on: boolean): Promise<void> {
  await pythonSettings().update(ENABLED, on, Global, true);
  if (found()?.workspaceLanguageValue === !on) await pythonSettings().update(ENABLED, undefined, Workspace, true);
}

/** Turns suggestions on or off wherever nothing else is said, and here whatever was said. */
export async function toggleEverywhere(on: boolean): Promise<void> {
  await pythonSettings().update(ENABLED, on, Global);
  if (found()?.globalLanguageValue === !on) await pythonSettings().update(ENABLED, undefined, Global, true);
  if (found()?.workspaceLanguageValue === !on) await pythonSettings().update(ENABLED, undefined, Workspace, true);
  if (found()?.workspaceValue === !on) await pythonSettings().update(ENABLED, undefined, Workspace);
}

function found() {
  return pythonSettings().inspect<boolean>(ENABLED);
}
