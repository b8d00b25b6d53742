import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Settling } from '../../src/settling';

test('what changes with every key is shown once it stands still, anything else at once', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let shown = 0;
  const settling = new Settling(() => shown++, 400);
  for (let key = 0; key < 5; key++) {
    settling.later();
    mock.timers.tick(200);
  }
  assert.equal(shown, 0);
  mock.timers.tick(200);
  assert.equal(shown, 1);
  settling.later();
  settling.now();
  assert.equal(shown, 2);
  mock.timers.tick(1_000);
  assert.equal(shown, 2);
  mock.timers.reset();
});
