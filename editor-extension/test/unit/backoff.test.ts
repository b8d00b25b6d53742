import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../src/backoff';

test('waits longer after every crash and gives up in the end', () => {
  const backoff = new Backoff([1, 2, 3], 1_000);
  assert.deepEqual([0, 1, 2, 3].map((now) => backoff.next(now)), [1, 2, 3, undefined]);
});

test('only the first crash of a series is worth a message', () => {
  const backoff = new Backoff([1, 2], 1_000);
  backoff.next(0);
  assert.equal(backoff.first, true);
  backoff.next(1);
  assert.equal(backoff.first, false);
});

test('a long time without a crash starts the count anew, and so does the user', () => {
  const backoff = new Backoff([1, 2], 1_000);
  backoff.next(0);
  backoff.next(1);
  assert.equal(backoff.next(5_000), 1);
  backoff.reset();
  assert.equal(backoff.next(5_001), 1);
});
