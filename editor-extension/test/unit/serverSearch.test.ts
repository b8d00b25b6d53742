import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findServer, otherServers, type Surroundings } from '../../src/serverSearch';

const everywhere: Surroundings = {
  configured: '',
  trusted: true,
  interpreter: '/conda/bin/python',
  folders: ['/project'],
  path: ['/usr/bin'],
  ownEnvironment: '/storage/environment',
  executable: async () => true,
  windows: false,
};

const only = (...files: string[]) => async (file: string) => files.includes(file);

test('the setting comes before everything else, and nothing else is tried when it is wrong', async () => {
  const found = await findServer({ ...everywhere, configured: '/opt/callwright' });
  assert.equal(found.server?.command, '/opt/callwright');
  const missing = await findServer({ ...everywhere, configured: '/opt/callwright', executable: async () => false });
  assert.equal(missing.server, undefined);
  assert.equal(missing.tried.length, 1);
});

test('interpreter, .venv, PATH and the own environment follow in this order', async () => {
  const order = ['/conda/bin/callwright', '/project/.venv/bin/callwright', '/usr/bin/callwright', '/storage/environment/bin/callwright'];
  for (let skipped = 0; skipped < order.length; skipped++) {
    const { server, tried } = await findServer({ ...everywhere, executable: only(...order.slice(skipped)) });
    assert.equal(server?.command, order[skipped]);
    assert.equal(tried.length, skipped);
  }
});

test('an untrusted workspace gets the server that the user configured globally, and no other', async () => {
  const untrusted = { ...everywhere, trusted: false };
  assert.deepEqual(await findServer(untrusted), { server: undefined, tried: [] });
  assert.equal((await findServer({ ...untrusted, configured: '/opt/callwright' })).server?.command, '/opt/callwright');
});

test('the reason names the place', async () => {
  const { server } = await findServer({ ...everywhere, executable: only('/project/.venv/bin/callwright') });
  assert.equal(server?.because, '.venv of project');
});

test('where the configured server is of no use, the others that are there are offered, best first', async () => {
  const around = { ...everywhere, configured: '/usr/bin/python', executable: only('/usr/bin/python', '/project/.venv/bin/callwright', '/usr/bin/callwright') };
  const offered = (await otherServers(around, '/usr/bin/python')).map((server) => server.because);
  assert.deepEqual(offered, ['.venv of project', 'PATH']);
  assert.deepEqual(await otherServers({ ...around, trusted: false }, undefined), []);
});
