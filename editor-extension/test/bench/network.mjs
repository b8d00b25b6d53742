// Edits for MINUTES (ten) and says which connections the extension and the server have opened.
//
// Run it where there is loopback only: `unshare --net sh -c 'ip link set lo up; exec node test/bench/network.mjs'`.
import { networkInterfaces } from 'node:os';
import { startSession } from '../support/session.mjs';

const MINUTES = Number(process.env.MINUTES ?? 10);
const TASKS = ['# Sentence similarity', '# Image classification', '# Text classification'];

const interfaces = Object.keys(networkInterfaces());
console.log(`network interfaces: ${interfaces.join(', ')}`);
const session = await startSession({ files: { 'app.py': '' } });
try {
  await session.load('app.py');
  await session.ready();
  const end = Date.now() + MINUTES * 60_000;
  let calls = 0;
  for (; Date.now() < end; calls++) {
    await session.type(`${TASKS[calls % TASKS.length]}\n`);
    await session.ghost();
    await session.press('Tab');
    await session.ghost('detached');
    await session.press('Enter');
    if (calls % 10 === 9) await session.saved();
  }
  const { opened, servers, hosts } = session.connections();
  console.log(`${calls} calls accepted in ${MINUTES} minutes; ${hosts} extension host, ${servers} server processes watched`);
  console.log(`connections opened by the extension or the server: ${opened.length}`);
  for (const line of opened) console.log(JSON.stringify(line));
  process.exitCode = opened.length > 0 ? 1 : 0;
} finally {
  await session.stop();
}
