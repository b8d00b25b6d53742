import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folding } from '../../src/folding';

test('requests that come while one is under way fold into a single further one', async () => {
  let done = 0;
  const release: (() => void)[] = [];
  const folding = new Folding(async () => {
    await new Promise<void>((resolve) => release.push(resolve));
    done++;
  });
  const all = [folding.request(), folding.request(), folding.request()];
  assert.equal(folding.busy, true);
  for (let turns = 0; turns < 10; turns++) {
    release.shift()?.();
    await new Promise((turn) => setImmediate(turn));
  }
  await Promise.all(all);
  assert.deepEqual([done, release.length, folding.busy], [2, 0, false]);
});

test('a failure is told, and the next request starts anew', async () => {
  let tries = 0;
  const folding = new Folding(async () => {
    if (tries++ === 0) throw new Error('once');
  });
  await assert.rejects(folding.request(), /once/);
  await folding.request();
  assert.equal(tries, 2);
});
