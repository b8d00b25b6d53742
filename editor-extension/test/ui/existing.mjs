// What exists: a name that does not is underlined, members that do are ranked in the list.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { makeToys } from '../support/toys.mjs';

export const TOYS = { 'toys_app.py': 'import toys\ncube = toys.Cube(1)\ntoys.volumes(cube)\n' };

export function existing(current) {
  test('members that exist are in the list, ranked and marked; a name that does not is underlined', async () => {
    const editor = current();
    const environment = path.join(editor.code.home, 'toys');
    makeToys(environment);
    editor.configure({
      ...JSON.parse(process.env.CALLWRIGHT_TEST_SETTINGS),
      'callwright.grounding.enabled': true,
      'callwright.grounding.python': environment,
      'callwright.inline.enabled': false,
    });
    await editor.load('toys_app.py');
    await editor.status('ready (list)');
    // The error comes as soon as the environment is indexed.
    await editor.page.waitForSelector('.squiggly-error, .squiggly-warning', { state: 'attached' });
    await editor.type('y = cube.');
    await editor.press('Control+Space');
    const rows = await editor.list();
    assert.ok(rows.length >= 2 && rows.every((row) => /^★ (scale|side)\b/.test(row)), rows.join('\n'));
  });
}
