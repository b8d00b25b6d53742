// Ghost text and its keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';

export const TASK = '# Sentence similarity';
const CALL = "model = SentenceTransformer('org/sentence-model')";

export function ghostText(fresh) {
  test('ghost text appears, and Tab accepts all of it', async () => {
    const editor = await fresh();
    await editor.type(TASK);
    await editor.press('Enter');
    await editor.ghostSays(/^model = SentenceTransformer\('org\/sentence-model'\)$/);
    await editor.press('Tab');
    await editor.ghost('detached');
    assert.ok((await editor.saved()).endsWith(`\n\n${TASK}\n${CALL}`));
  });

  test('a word at a time', async () => {
    const editor = await fresh();
    await editor.type(TASK);
    await editor.press('Enter');
    await editor.ghost();
    await editor.press('Control+ArrowRight');
    assert.match(await editor.saved(), new RegExp(`\n${TASK}\nmodel ?$`));
    await editor.ghostSays(/^ ?= SentenceTransformer/);
  });

  test('typing along keeps it', async () => {
    const editor = await fresh();
    await editor.type(TASK);
    await editor.press('Enter');
    await editor.ghost();
    await editor.type('model = Sen');
    await editor.ghostSays(/^tenceTransformer\('org/);
  });

  test('Esc dismisses it, and nothing is written', async () => {
    const editor = await fresh();
    await editor.type(TASK);
    await editor.press('Enter');
    await editor.ghost();
    await editor.press('Escape');
    await editor.ghost('detached');
    assert.ok((await editor.saved()).endsWith(`\n\n${TASK}\n`));
  });

  test('whoever types on is never shown what belonged to an earlier line', async () => {
    const editor = await fresh();
    await editor.type(`${TASK}\npass\n\n# Image classification\n`);
    await editor.ghostSays(/from transformers import pipeline/);
    const lines = (await editor.saved()).trimEnd().split('\n');
    assert.deepEqual(lines.slice(2), [TASK, 'pass', '', '# Image classification']);
    await editor.press('Tab');
    await editor.ghost('detached');
    assert.match(await editor.saved(), /# Image classification\n.*import pipeline\npipe = pipeline\('image-classification'/);
  });
}
