// The suggest list beside ghost text, and in its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const TOGGLE = 'Callwright: Turn Ghost Text On or Off';

/** What VS Code has without any settings. */
export const AS_IT_COMES = { 'editor.quickSuggestions': { other: 'offWhenInlineCompletions', comments: 'off', strings: 'off' } };

export function suggestListKept(current) {
  test('whose editor hides the suggest list beside ghost text is asked, and may keep it', async () => {
    const editor = current();
    const message = await editor.notification('hides the suggest list');
    await (await message.waitForSelector('.monaco-button:has-text("Keep the suggest list")')).click();
    await editor.until(() => editor.settings()['[python]']?.['editor.quickSuggestions'].other === 'on');
    assert.equal(editor.settings()['editor.quickSuggestions'].other, 'offWhenInlineCompletions');
    await editor.press('Escape');
  });
}

export function suggestList(fresh) {
  test('list mode shows calls by rank, with a mark, and no ghost text', async () => {
    const editor = await fresh();
    await editor.command(TOGGLE);
    await editor.status('ready (list)');
    await editor.focus();
    await editor.press('Control+End');
    await editor.type('# Image classification');
    await editor.press('Enter');
    await editor.press('Control+Space');
    const rows = await editor.list();
    assert.match(rows[0], /image-classification.*Callwright/);
    assert.match(rows[1], /text-classification.*Callwright/);
    assert.equal(await editor.ghosts(), 0);
    await editor.press('Enter');
    assert.match(await editor.saved(), /# Image classification\npipe = pipeline\('image-classification'.*\)$/);
    await editor.command(TOGGLE);
    await editor.page.waitForSelector('[aria-label="Callwright: ready"]', { state: 'attached' });
  });
}
