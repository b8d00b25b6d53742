// What happened on the network during all the other tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';

export function network(current) {
  test('neither the extension nor the server has opened a connection', () => {
    const { opened, servers, hosts } = current().connections();
    assert.ok(servers > 0 && hosts > 0, `both were watched: ${servers} servers, ${hosts} extension hosts`);
    assert.deepEqual(opened, []);
  });
}
