/** The list of candidate calls; the one that is marked is previewed in the editor, behind the task. */
import * as vscode from 'vscode';
import type { Candidate } from './protocol';

interface CandidateItem extends vscode.QuickPickItem {
  readonly candidate: Candidate;
}

/** The call that the user takes; `undefined` for none. The document is not touched. */
export async function chooseCall(
  candidates: readonly Candidate[],
  editor: vscode.TextEditor,
  position: vscode.Position,
): Promise<Candidate | undefined> {
  const preview = vscode.window.createTextEditorDecorationType({});
  const list = vscode.window.createQuickPick<CandidateItem>();
  list.title = 'Write the API call for this';
  list.placeholder = 'Calls that exist, best first';
  list.matchOnDescription = list.matchOnDetail = true;
  list.items = candidates.map(itemOf);
  try {
    return await new Promise((choose) => {
      list.onDidChangeActive(([active]) => editor.setDecorations(preview, active ? [shown(active.candidate, position)] : []));
      list.onDidAccept(() => choose(list.activeItems[0]?.candidate));
      list.onDidHide(() => choose(undefined));
      list.show();
    });
  } finally {
    list.dispose();
    preview.dispose();
  }
}

function itemOf(candidate: Candidate): CandidateItem {
  return {
    label: candidate.call,
    description: candidate.domain,
    detail: [candidate.description, candidate.requirements.join(', ')].filter((text) => text).join(' · '),
    candidate,
  };
}

/** What would be written, on one line behind the task: decorations have no lines of their own. */
function shown({ text }: Candidate, position: vscode.Position): vscode.DecorationOptions {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  const after = {
    contentText: `  ⏎ ${lines.join(' ⏎ ')}`,
    color: new vscode.ThemeColor('editorGhostText.foreground'),
    fontStyle: 'italic',
  };
  return { range: new vscode.Range(position, position), renderOptions: { after } };
}
