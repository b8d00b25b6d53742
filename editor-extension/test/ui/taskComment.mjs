// From a task comment to the call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TASK } from './ghostText.mjs';

export function taskComment(fresh) {
  test('a task comment becomes the call that was chosen', async () => {
    const editor = await fresh();
    await editor.type(TASK);
    await editor.command('Callwright: Write the API Call for This Task');
    await editor.page.waitForSelector('.quick-input-widget:has-text("Write the API call for this")');
    await editor.page.waitForSelector('.quick-input-list .monaco-list-row.focused[aria-label*="SentenceTransformer("]');
    await editor.press('Enter');
    await editor.page.waitForSelector('.quick-input-widget', { state: 'hidden' });
    const text = await editor.saved();
    assert.match(text, new RegExp(`${TASK}\n.*SentenceTransformer\\('org/sentence-model'\\)`));
  });
}
