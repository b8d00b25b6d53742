import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { accepted, actions, calls, open, until } from './editing';

const TASK = '# Text classification of a review\n';

/** The extension is there, and what it offers can be had. */
export function basics(): void {
  it('activates without much to do', async () => {
    const extension = vscode.extensions.getExtension('callwright.callwright');
    assert.ok(extension, 'the extension is not there');
    // CPU time: what a busy machine makes of the wall clock is not the extension's doing.
    const began = process.cpuUsage();
    await extension.activate();
    const { user, system } = process.cpuUsage(began);
    const milliseconds = (user + system) / 1000;
    console.log(`activation: ${milliseconds.toFixed(0)} ms of CPU time`);
    assert.ok(milliseconds < 1_000, `activation took ${milliseconds} ms`);
  });

  it('registers its commands', async () => {
    const commands = await vscode.commands.getCommands(true);
    for (const name of ['writeCall', 'menu', 'restart', 'setUpServer', 'chooseBundle', 'showStatistics']) {
      assert.ok(commands.includes(`callwright.${name}`), name);
    }
  });

  it('offers list items after a task comment', async () => {
    const editor = await open(TASK);
    await until(async () => (await calls(editor)).length || undefined);
  });

  it('shows ghost text that commits a whole call', async () => {
    const editor = await open(TASK);
    const text = await accepted(editor);
    assert.match(text.slice(TASK.length), /\w+\(.*\)/s);
  });

  it('offers the light bulb on a task comment and an empty line, and not on code', async () => {
    const editor = await open(`${TASK}x = 1\n`);
    assert.ok((await actions(editor, 0)).includes('Write the API call for this'));
    assert.ok(!(await actions(editor, 1)).includes('Write the API call for this'));
    assert.ok((await actions(editor, 2)).includes('Write the API call for this'));
  });
}

