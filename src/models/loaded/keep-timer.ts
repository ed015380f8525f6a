import type { Clock } from '../../system/clock.ts';

/**
 * How long an idle model is kept. Spans are measured on the monotonic clock, so that setting the machine's clock neither
 * unloads a model early nor keeps it for hours; only what people read is a time of day.
 */
export class KeepTimer {
  readonly #clock: Pick<Clock, 'after' | 'now' | 'elapsed'>;
  readonly #onElapsed: () => void;
  #idleSince = 0;
  #dueAt: number | undefined;
  #cancel = (): void => {};

  constructor(clock: Pick<Clock, 'after' | 'now' | 'elapsed'>, onElapsed: () => void) {
    this.#clock = clock;
    this.#onElapsed = onElapsed;
  }

  /** When it fires, in milliseconds since the epoch; undefined while it is not armed. */
  get firesAt(): number | undefined {
    return this.#dueAt === undefined ? undefined : this.#clock.now() + this.#dueAt - this.#clock.elapsed();
  }

  /** The model is idle from now on. */
  startIdle(): void {
    this.#idleSince = this.#clock.elapsed();
  }

  /** What is left of `keepMs` for a model that has been idle for a while: at least 1, so that only 0 means not at all. */
  leftMs(keepMs: number): number {
    return keepMs === 0 ? 0 : Math.max(1, this.#idleSince + keepMs - this.#clock.elapsed());
  }

  arm(ms: number): void {
    this.disarm();
    this.#dueAt = this.#clock.elapsed() + ms;
    this.#cancel = this.#clock.after(ms, () => {
      this.#dueAt = undefined;
      this.#onElapsed();
    });
  }

  disarm(): void {
    this.#dueAt = undefined;
    this.#cancel();
  }
}
