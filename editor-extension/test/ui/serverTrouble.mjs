// The server dies, or is not the right one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TASK } from './ghostText.mjs';

export function serverTrouble(fresh) {
  test('a killed server comes back by itself', async () => {
    const editor = await fresh();
    const before = editor.servers();
    const loading = editor.status('loading');
    process.kill(before.at(-1), 'SIGKILL');
    await loading;
    await editor.ready();
    await editor.notification('ended by itself');
    await editor.press('Escape');
    assert.equal(editor.servers().length, before.length + 1);
    await editor.focus();
    await editor.press('Control+End');
    await editor.type(TASK);
    await editor.press('Enter');
    await editor.ghost();
  });

  test('a wrong interpreter brings a message with a button that mends it', async () => {
    const editor = await fresh();
    const before = editor.servers();
    editor.configure({ ...JSON.parse(process.env.CALLWRIGHT_TEST_SETTINGS), 'callwright.server.path': process.execPath });
    await editor.load('toys_app.py');
    await editor.status('error');
    const message = await editor.notification('is no Callwright server that starts');
    await (await message.waitForSelector('.monaco-button:has-text("Use .venv of workspace")')).click();
    await editor.ready();
    assert.equal(editor.servers().length, before.length + 1);
  });
}
