// The README's picture, from the real editor. `make picture` makes it with the default bundle.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const TASK = process.env.PICTURE_TASK ?? '# Sentence similarity';
const SIZE = { width: 1060, height: 240 };

export const PICTURED = { 'reviews.py': 'reviews = open("reviews.txt").readlines()\n\n' };

export function picture(current) {
  test('a picture of ghost text', async () => {
    const editor = current();
    const { page } = editor;
    await editor.open('reviews.py');
    await editor.ready();
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
    assert.ok(size > 5_000 && size < 200_000, `${size} bytes`);
    if (!process.env.PICTURE) fs.rmSync(file);
    await page.setViewportSize(before);
    await editor.press('Control+b');
    await page.waitForSelector('.part.sidebar');
  });
}
