// The README's picture, from the real editor. `make picture` makes it with the default bundle.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const TASK = process.env.PICTURE_TASK ?? '# Sentence similarity';
const SIZE = { width: 900, height: 330 };

export function picture(fresh) {
  test('a picture of ghost text', async () => {
    const editor = await fresh();
    const { page } = editor;
    const file = process.env.PICTURE ?? path.join(os.tmpdir(), `picture-${process.pid}.png`);
    const before = page.viewportSize();
    await page.setViewportSize(SIZE);
    await editor.press('Control+b');
    await page.waitForSelector('.part.sidebar', { state: 'hidden' });
    await editor.focus();
    await editor.press('Control+End');
    await editor.type(`${TASK}\n`);
    await editor.ghost();
    await page.screenshot({ path: file, animations: 'disabled' });
    const { size } = fs.statSync(file);
    assert.ok(size > 5_000 && size < 300_000, `${size} bytes`);
    if (!process.env.PICTURE) fs.rmSync(file);
    await page.setViewportSize(before);
    await editor.press('Control+b');
    await page.waitForSelector('.part.sidebar');
  });
}
