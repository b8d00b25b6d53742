// What the extension costs each key, in a file of 2,000 lines while the model works, at 300 keys a minute.
//
//   make bench-editor
//
// Two editors stand side by side, one of them without the extension, and are typed in by turns: whatever else the
// machine does meets both. In the page: from a key's own time stamp to the first change of the text on the screen.
import fs from 'node:fs';
import path from 'node:path';
import { startSession } from '../support/session.mjs';

const KEYS = Number(process.env.KEYS ?? 300);
const TURN = 50;
/** Milliseconds between keys, and those that the extension may cost one. */
const PAUSE = 200;
const ALLOWED = 16;
const LINES = Array.from({ length: 2_000 }, (_, line) => `value_${line} = compute(${line}, "text")  # line ${line}\n`).join('');
const TYPED = 'for name, price in prices.items():\n    total = total + price * rates[name]\n    print(name, total)\n';
const TASK = "# Sentiment analysis of a customer's review\n";
// Enter must end the line in both, also where a list is open.
const SETTINGS = { 'editor.acceptSuggestionOnEnter': 'off' };

async function start(vsix) {
  const session = await startSession({ files: { 'long.py': LINES }, settings: SETTINGS, vsix });
  await session.load('long.py', vsix.length > 0);
  if (vsix.length > 0) await session.ready();
  await session.page.evaluate(watchKeys);
  return session;
}

/** Runs in the page. */
function watchKeys() {
  globalThis.keyDelays = [];
  let pressed;
  document.addEventListener('keydown', (event) => (pressed = event.timeStamp), true);
  const text = document.querySelector('.editor-instance .monaco-editor .view-lines');
  new MutationObserver(() => {
    if (pressed !== undefined) globalThis.keyDelays.push(performance.now() - pressed);
    pressed = undefined;
  }).observe(text, { subtree: true, childList: true, characterData: true });
}

/** Types in time; at how many keys the status said that the model was at work. */
async function type(session, text) {
  let thinking = 0;
  const began = performance.now();
  for (const [number, sign] of [...text].entries()) {
    const early = began + number * PAUSE - performance.now();
    if (early > 0) await new Promise((done) => setTimeout(done, early));
    await session.press(sign === '\n' ? 'Enter' : sign === ' ' ? 'Space' : sign);
    thinking += await session.page.locator('[aria-label^="Callwright: thinking"]').count();
  }
  return thinking;
}

/** Whether what stands there at the end is what would be suggested there now. */
async function stale(session) {
  await type(session, `\n\n${TASK}`);
  await session.ghost();
  await session.ready();
  const shown = await session.ghostText();
  await session.press('Escape');
  await session.ghost('detached');
  await session.command('Trigger Inline Suggestion');
  await session.ghost();
  return shown !== (await session.ghostText());
}

function figures(delays) {
  const sorted = delays.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { keys: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) };
}

const off = await start([]);
const on = await start([process.env.VSIX]);
let thinking = 0;
try {
  for (let key = 0; key < KEYS; key += TURN) {
    const text = Array.from({ length: TURN }, (_, number) => TYPED[(key + number) % TYPED.length]).join('');
    await type(off, text);
    thinking += await type(on, text);
    await on.ready();
  }
  const delays = async (session) => figures(await session.page.evaluate(() => globalThis.keyDelays));
  const result = { without: await delays(off), with: await delays(on), thinking, stale: await stale(on) };
  for (const name of ['p50', 'p95', 'p99', 'max']) {
    const [before, now] = [result.without[name], result.with[name]];
    const verdict = now - before <= ALLOWED ? '' : `, over ${ALLOWED} ms`;
    console.log(`${name.padEnd(4)} without ${before.toFixed(1)} ms, with ${now.toFixed(1)} ms: ${(now - before).toFixed(1)} ms more${verdict}`);
  }
  console.log(`${result.with.keys} keys; the model was at work at ${thinking} of them; stale ghost text: ${result.stale ? 'yes' : 'none'}`);
  if (process.env.RESULTS) fs.writeFileSync(path.resolve(process.env.RESULTS), `${JSON.stringify(result, undefined, 2)}\n`);
} finally {
  await on.stop();
  await off.stop();
}
