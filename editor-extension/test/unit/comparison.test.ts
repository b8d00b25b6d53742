import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beyondUsual, compare, quantile, slowestPlace, type Round } from '../bench/comparison.mjs';

const PLACES = 20;
/** Eight rounds in which each turn is slower or quicker as a whole, and the extension costs 30 ms at one place. */
const ROUNDS: Round[] = Array.from({ length: 8 }, (_, round) => {
  const turn = (noise: number, costs: number): number[] =>
    Array.from({ length: PLACES }, (__, place) => 10 + (place === 3 ? 50 : 0) + noise + (place === 7 ? costs : 0));
  return { without: turn(round % 3, 0), with: turn((round + 1) % 3, 30), again: turn((round + 2) % 3, 0) };
});

test('the place that costs is found, and so is what it costs', () => {
  const { place, more, noise } = slowestPlace(ROUNDS);
  assert.equal(place, 7);
  assert.ok(Math.abs(more - 30) <= 1, `${more}`);
  assert.ok(Math.abs(noise) <= 1, `${noise}`);
});

test('a place that is slow anyway is not counted as late', () => {
  const late = compare(beyondUsual(ROUNDS), (keys) => keys.filter((delay) => delay > 16).length / keys.length);
  assert.equal(late.without, 0);
  assert.equal(late.with, 1 / PLACES);
  assert.deepEqual(late.noise, { more: 0, from: 0, to: 0 });
});

test('the interval holds the difference, and that of an editor against itself holds none', () => {
  const { cost, noise } = compare(ROUNDS, (keys) => quantile(keys, 0.95));
  assert.ok(cost.from <= cost.more && cost.more <= cost.to);
  assert.ok(noise.from <= 0 && noise.to >= 0);
});
