// From a task comment to the call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TASK } from './ghostText.mjs';

const WRITE = 'Callwright: Write the API Call for This Task';
const CALL = "SentenceTransformer('org/sentence-model')";

export function taskComment(fresh) {
  test('a task comment becomes the call that was chosen, which was to be seen before', async () => {
    const editor = await fresh();
    await editor.type(TASK);
    await editor.command(WRITE);
    await listed(editor);
    await editor.page.waitForFunction(previewed, CALL);
    await editor.press('Enter');
    await editor.lineSays(/^model = SentenceTransformer/);
    assert.match(await editor.saved(), written());
  });

  test('on an empty line the task is asked for', async () => {
    const editor = await fresh();
    await editor.command(WRITE);
    await editor.page.waitForSelector('.quick-input-widget:has-text("What it should do")');
    await editor.type(TASK.replace('# ', ''));
    await editor.press('Enter');
    await listed(editor);
    await editor.press('Enter');
    await editor.lineSays(/^model = SentenceTransformer/);
    assert.match(await editor.saved(), written());
  });
}

function listed(editor) {
  return editor.page.waitForSelector('.quick-input-list .monaco-list-row.focused[aria-label*="SentenceTransformer("]');
}

/** In the page: whether a text stands behind some text of the editor, without being in the file. */
function previewed(text) {
  const spans = Array.from(document.querySelectorAll('.editor-instance .view-lines span'));
  return spans.some((span) => getComputedStyle(span, '::after').content.includes(text));
}

function written() {
  return new RegExp(`${TASK}\n.*${CALL.replaceAll(/[()]/g, '\\$&')}`);
}
