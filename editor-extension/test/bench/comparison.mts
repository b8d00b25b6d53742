/** How keys in one editor differ from those in another, and how surely: turns are resampled, not keys. */

/** What was measured in turns: without the extension, with it, without it again; milliseconds by place in the text. */
export interface Round {
  readonly without: readonly number[];
  readonly with: readonly number[];
  readonly again: readonly number[];
}

/** A difference, and between what it lies in 90 % of the resampled rounds. */
export interface Difference {
  readonly more: number;
  readonly from: number;
  readonly to: number;
}

export interface Comparison {
  readonly without: number;
  readonly with: number;
  /** What the extension costs. */
  readonly cost: Difference;
  /** The same editor against itself: what is noise. */
  readonly noise: Difference;
}

type Figure = (keys: readonly number[]) => number;
const RESAMPLED = 1_000;

/** Compares a figure of all keys. */
export function compare(rounds: readonly Round[], figure: Figure): Comparison {
  const without = (chosen: readonly Round[]): number => figure(chosen.flatMap((round) => [...round.without, ...round.again]));
  const used = (chosen: readonly Round[]): number => figure(chosen.flatMap((round) => round.with));
  const cost = difference(rounds, (chosen) => used(chosen) - without(chosen));
  const noise = difference(
    rounds,
    (chosen) => figure(chosen.flatMap((round) => round.again)) - figure(chosen.flatMap((round) => round.without)),
  );
  return { without: without(rounds), with: used(rounds), cost, noise };
}

/** The figure that a share of the keys does not exceed. */
export function quantile(keys: readonly number[], share: number): number {
  const sorted = ascending(keys);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Each key's delay beyond what its place in the text usually takes without the extension. */
export function beyondUsual(rounds: readonly Round[]): Round[] {
  const usual = medians(rounds, (round) => [round.without, round.again]);
  const beyond = (keys: readonly number[]): number[] => keys.map((delay, place) => delay - (usual[place] ?? NaN));
  return rounds.map((round) => ({ without: beyond(round.without), with: beyond(round.with), again: beyond(round.again) }));
}

/** The place in the text that the extension delays most, by medians over the rounds. */
export function slowestPlace(rounds: readonly Round[]): { place: number; more: number; noise: number } {
  const without = medians(rounds, (round) => [round.without]);
  const again = medians(rounds, (round) => [round.again]);
  const used = medians(rounds, (round) => [round.with]);
  const usual = medians(rounds, (round) => [round.without, round.again]);
  const more = used.map((delay, place) => delay - (usual[place] ?? NaN));
  const noise = Math.max(...again.map((delay, place) => delay - (without[place] ?? NaN)));
  const place = more.indexOf(Math.max(...more));
  return { place, more: more[place] ?? NaN, noise };
}

/** The median at each place of some turns of each round. */
function medians(rounds: readonly Round[], turns: (round: Round) => (readonly number[])[]): number[] {
  const all = rounds.flatMap(turns);
  return Array.from(all[0] ?? [], (_, place) => middle(all.map((turn) => turn[place] ?? NaN)));
}

function ascending(keys: readonly number[]): number[] {
  return [...keys].sort((one, other) => one - other);
}

function middle(keys: readonly number[]): number {
  const sorted = ascending(keys);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? NaN) + (sorted[Math.ceil(half)] ?? NaN)) / 2;
}

function difference(rounds: readonly Round[], of: (chosen: readonly Round[]) => number): Difference {
  const random = numbers();
  const pick = (): Round => rounds[Math.floor(random() * rounds.length)] as Round;
  const found = Array.from({ length: RESAMPLED }, () => of(rounds.map(pick)));
  return { more: of(rounds), from: quantile(found, 0.05), to: quantile(found, 0.95) };
}

/** The same numbers between 0 and 1 every time (Lehmer's generator). */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
