// How long keys take to reach the screen, with and without the extension, in a file of 2,000 lines while the model works.
//
//   make bench-editor
//
// In the page: from a key's own time stamp to the first change of the text on the screen. 300 keys at 300 a minute each.
import fs from 'node:fs';
import path from 'node:path';
import { startSession } from '../support/session.mjs';

const KEYS = Number(process.env.KEYS ?? 300);
const PAUSE = 200;
const LINES = Array.from({ length: 2_000 }, (_, line) => `value_${line} = compute(${line}, "text")  # line ${line}\n`).join('');
const TYPED = 'for name, price in prices.items():\n    total = total + price * rates[name]\n    print(name, total)\n';

async function measure(vsix) {
  const session = await startSession({ files: { 'long.py': LINES }, vsix });
  try {
    await session.load('long.py', vsix.length > 0);
    if (vsix.length > 0) await session.ready();
    await session.page.evaluate(watchKeys);
    const answered = await typeAll(session);
    const delays = await session.page.evaluate(() => globalThis.keyDelays);
    return { delays, answered };
  } finally {
    await session.stop();
  }
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

/** Types in time; how often the status said that the model was at work. */
async function typeAll(session) {
  let thinking = 0;
  const began = performance.now();
  for (let key = 0; key < KEYS; key++) {
    const late = began + key * PAUSE - performance.now();
    if (late > 0) await new Promise((done) => setTimeout(done, late));
    const sign = TYPED[key % TYPED.length];
    await session.press(sign === '\n' ? 'Enter' : sign === ' ' ? 'Space' : sign);
    thinking += await session.page.locator('[aria-label^="Callwright: thinking"]').count();
  }
  return thinking;
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function figures(delays) {
  const sorted = delays.toSorted((one, other) => one - other);
  return { keys: sorted.length, p50: at(sorted, 0.5), p95: at(sorted, 0.95), p99: at(sorted, 0.99), max: sorted.at(-1) };
}

const without = await measure([]);
const withIt = await measure([process.env.VSIX]);
const result = { without: figures(without.delays), with: figures(withIt.delays), lookedAndThinking: withIt.answered };
for (const name of ['p50', 'p95', 'p99', 'max']) {
  const [before, now] = [result.without[name], result.with[name]];
  console.log(`${name.padEnd(4)} without ${before.toFixed(1)} ms, with ${now.toFixed(1)} ms: ${(now - before).toFixed(1)} ms more`);
}
console.log(`the model was at work at ${withIt.answered} of ${KEYS} keys`);
if (process.env.RESULTS) fs.writeFileSync(path.resolve(process.env.RESULTS), `${JSON.stringify(result, undefined, 2)}\n`);
