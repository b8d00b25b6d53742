/** Does one thing at a time; requests that come while it is being done fold into doing it once more. */
export class Folding {
  private running: Promise<void> | undefined;
  private again = false;

  constructor(private readonly work: () => Promise<void>) {}

  /** Whether it is being done now. */
  get busy(): boolean {
    return this.running !== undefined;
  }

  /** Asks for it; resolves when it has been done for everyone who asked so far. */
  request(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.untilQuiet().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async untilQuiet(): Promise<void> {
    do {
      this.again = false;
      await this.work();
    } while (this.again);
  }
}
