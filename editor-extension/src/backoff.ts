/** When to start a crashed server again: soon at first, later and later, and not for ever. */
export class Backoff {
  private crashes: number[] = [];

  /**
   * @param delays Milliseconds to wait before each restart; after the last one we give up.
   * @param forgetAfter Milliseconds without a crash after which the count starts anew.
   */
  constructor(
    private readonly delays: readonly number[] = [500, 2_000, 10_000, 30_000],
    private readonly forgetAfter = 5 * 60_000,
  ) {}

  /** Notes a crash; the delay before the next start, or `undefined` to give up. */
  next(now: number = Date.now()): number | undefined {
    this.crashes = this.crashes.filter((crash) => now - crash < this.forgetAfter);
    this.crashes.push(now);
    return this.delays[this.crashes.length - 1];
  }

  /** Whether the last crash noted was the first of its series, the one worth a message. */
  get first(): boolean {
    return this.crashes.length === 1;
  }

  /** The user asked for a restart: whatever happened before no longer counts. */
  reset(): void {
    this.crashes = [];
  }
}
