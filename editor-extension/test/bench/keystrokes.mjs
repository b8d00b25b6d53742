// What the extension costs each key, in a file of 2,000 lines while the model works, at 300 keys a minute.
//
//   make bench-editor
//
// Two editors stand side by side, one of them without the extension, and are typed in by turns: without, with, without
// again. Whatever else the machine does meets both, and the editor without it is compared with itself, too: that is how
// much of a difference means nothing. In the page: from a key's own time stamp to the first change of the text, and the
// processor time of the page's main thread, which says what is done there whatever else the machine does.
//
// EVERY_KEY=1: the model is asked after every key, not only where the typing pauses or a word ends.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startSession } from '../support/session.mjs';
import { makeToys } from '../support/toys.mjs';
import { beyondUsual, compare, quantile, slowestPlace } from './comparison.mts';

const ROUNDS = Number(process.env.ROUNDS ?? 8);
/** Milliseconds between keys, and those that the extension may cost one. */
const PAUSE = 200;
const ALLOWED = 16;
const LINES = Array.from({ length: 2_000 }, (_, line) => `value_${line} = compute(${line}, "text")  # line ${line}\n`).join('');
const TYPED = 'for name, price in prices.items():\n    total = total + price * rates[name]\n    print(name, total)\n';
const TASK = "# Sentiment analysis of a customer's review\n";
const SETTINGS = {
  // Enter must end the line in both, also where a list is open; and each turn begins at the margin.
  'editor.acceptSuggestionOnEnter': 'off',
  'editor.autoIndent': 'none',
  // As it comes: names are checked, in an environment that is indexed soon.
  'callwright.grounding.enabled': true,
  ...(process.env.EVERY_KEY ? { 'callwright.pace.shortestPause': 0, 'callwright.pace.longestPause': 0 } : {}),
};
const TOYS = fs.mkdtempSync(path.join(os.tmpdir(), 'toys-'));
makeToys(TOYS);

async function start(vsix) {
  const session = await startSession({ files: { 'long.py': LINES }, settings: { ...SETTINGS, 'callwright.grounding.python': TOYS }, vsix });
  await session.load('long.py', vsix.length > 0);
  if (vsix.length > 0) await session.ready();
  await session.page.evaluate(watchKeys);
  session.devtools = await session.page.context().newCDPSession(session.page);
  await session.devtools.send('Performance.enable');
  return session;
}

/** Runs in the page: notes for each key how long it took until the text changed. */
function watchKeys() {
  globalThis.keyDelays = [];
  let pressed = [];
  document.addEventListener('keydown', (event) => pressed.push([globalThis.keyDelays.push(null) - 1, event.timeStamp]), true);
  const text = document.querySelector('.editor-instance .monaco-editor .view-lines');
  new MutationObserver(() => {
    for (const [key, at] of pressed) globalThis.keyDelays[key] = performance.now() - at;
    pressed = [];
  }).observe(text, { subtree: true, childList: true, characterData: true });
}

/** Types in time. */
async function type(session, text) {
  const began = performance.now();
  for (const [number, sign] of [...text].entries()) {
    const early = began + number * PAUSE - performance.now();
    if (early > 0) await new Promise((done) => setTimeout(done, early));
    await session.press(sign === '\n' ? 'Enter' : sign === ' ' ? 'Space' : sign);
  }
}

/** Milliseconds of processor time that the page's main thread has taken. */
async function pageTime(session) {
  const { metrics } = await session.devtools.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'ThreadTime').value;
}

/** One turn: the delays of its keys, and the page's processor time for each on average. */
async function turn(session) {
  await session.page.evaluate(() => globalThis.keyDelays.splice(0));
  const before = await pageTime(session);
  await type(session, TYPED);
  await session.page.waitForFunction((keys) => globalThis.keyDelays.filter((delay) => delay !== null).length === keys, TYPED.length);
  const page = ((await pageTime(session)) - before) / TYPED.length;
  return { delays: await session.page.evaluate(() => globalThis.keyDelays), page: [page] };
}

/** Seconds of processor time that the server has taken; not a number where the system does not tell. */
function worked(session) {
  try {
    const fields = fs.readFileSync(`/proc/${session.servers().at(-1)}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
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

/** The same of all turns of a round. */
function mapped(round, what) {
  return Object.fromEntries(Object.entries(round).map(([name, turn]) => [name, what(turn)]));
}

const signed = (number) => (number < 0 ? '−' : '+') + Math.abs(number).toFixed(1);
const interval = ({ more, from, to }) => `${signed(more)} (${signed(from)} to ${signed(to)})`;

function print(name, unit, { without, with: used, cost, noise }) {
  const verdict = cost.more > ALLOWED ? `, over ${ALLOWED}` : '';
  console.log(`${name}: without ${without.toFixed(1)}${unit}, with ${used.toFixed(1)}: ${interval(cost)}${verdict}; without against itself ${interval(noise)}`);
}

function report(turns, computed, isStale) {
  const rounds = turns.map((round) => mapped(round, ({ delays }) => delays));
  for (const [name, share] of [['p50', 0.5], ['p95', 0.95], ['p99', 0.99], ['max', 1]]) {
    print(name, ' ms', compare(rounds, (keys) => quantile(keys, share)));
  }
  const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  print('processor time of the page a key', ' ms', compare(turns.map((round) => mapped(round, ({ page }) => page)), average));
  const late = (keys) => (100 * keys.filter((delay) => delay > ALLOWED).length) / keys.length;
  print(`more than ${ALLOWED} ms later than that place usually is`, ' %', compare(beyondUsual(rounds), late));
  const { place, more, noise } = slowestPlace(rounds);
  console.log(`place that is delayed most: ${JSON.stringify(TYPED.slice(0, place + 1).slice(-12))}, ${signed(more)} ms; without against itself ${signed(noise)} ms`);
  const keys = rounds.length * TYPED.length;
  console.log(`${keys} keys; the server took ${((1000 * computed) / keys).toFixed(0)} ms of processor time a key; stale ghost text: ${isStale ? 'yes' : 'none'}`);
}

const off = await start([]);
const on = await start([process.env.VSIX]);
try {
  // The first turns make each page compile what typing needs.
  for (const session of [off, on]) await turn(session);
  const rounds = [];
  let computed = 0;
  for (let number = 0; number < ROUNDS; number++) {
    const without = await turn(off);
    const before = worked(on);
    const used = await turn(on);
    computed += worked(on) - before;
    rounds.push({ without, with: used, again: await turn(off) });
  }
  const isStale = await stale(on);
  report(rounds, computed, isStale);
  if (process.env.RESULTS) fs.writeFileSync(path.resolve(process.env.RESULTS), JSON.stringify({ rounds, computed, stale: isStale }));
} finally {
  await on.stop();
  await off.stop();
  fs.rmSync(TOYS, { recursive: true });
}
