/** Shows something once it has stood still: what changes with every key would be drawn while the next one waits. */
export class Settling {
  private timer: NodeJS.Timeout | undefined;

  /** @param after Milliseconds without a further change. */
  constructor(
    private readonly show: () => void,
    private readonly after = 400,
  ) {}

  /** It has changed, and may change again at the next key. */
  later(): void {
    this.cancel();
    this.timer = setTimeout(this.show, this.after);
  }

  /** It has changed, and is to be seen at once. */
  now(): void {
    this.cancel();
    this.show();
  }

  /** Shows nothing any more. */
  cancel(): void {
    clearTimeout(this.timer);
  }
}
