/**
 * Newer VS Code hides the suggest list while an inline completion provider is registered.
 *
 * We tell the user once and offer the setting; we never change it silently.
 */
import * as vscode from 'vscode';

const TOLD = 'callwright.toldAboutSuggestList';
const KEEP = 'Keep the suggest list';
const FINE = 'Leave it';

export async function tellAboutSuggestList(context: vscode.ExtensionContext): Promise<void> {
  if (context.globalState.get<boolean>(TOLD) || !hidesSuggestList()) return;
  await context.globalState.update(TOLD, true);
  const chosen = await vscode.window.showInformationMessage(
    'This VS Code hides the suggest list while ghost text is on. Shall both be shown?',
    KEEP,
    FINE,
  );
  if (chosen === KEEP) {
    const editor = vscode.workspace.getConfiguration('editor', { languageId: 'python' });
    const present = editor.get<Record<string, string>>('quickSuggestions');
    await editor.update('quickSuggestions', { ...present, other: 'on' }, vscode.ConfigurationTarget.Global, true);
  }
}

function hidesSuggestList(): boolean {
  const setting = vscode.workspace
    .getConfiguration('editor', { languageId: 'python' })
    .get<boolean | Record<string, string>>('quickSuggestions');
  return typeof setting === 'object' && setting['other'] === 'offWhenInlineCompletions';
}
