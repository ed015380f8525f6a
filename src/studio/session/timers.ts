import type { Clock } from '../../system/clock.ts';

/** Timers by name, of which each runs at most once at a time. */
export class Timers<Name extends string> {
  readonly #clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly #onElapsed: (name: Name) => void;
  readonly #armed = new Map<Name, { readonly dueMs: number; readonly disarm: () => void }>();

  constructor(clock: Pick<Clock, 'after' | 'elapsed'>, onElapsed: (name: Name) => void) {
    this.#clock = clock;
    this.#onElapsed = onElapsed;
  }

  /** Starts it, or starts it over. */
  arm(name: Name, ms: number): void {
    this.disarm(name);
    const disarm = this.#clock.after(ms, () => {
      this.#armed.delete(name);
      this.#onElapsed(name);
    });
    this.#armed.set(name, { dueMs: this.#clock.elapsed() + ms, disarm });
  }

  disarm(name: Name): void {
    this.#armed.get(name)?.disarm();
    this.#armed.delete(name);
  }

  /** Whole milliseconds until it elapses; 0 when it is not armed. */
  remainingMs(name: Name): number {
    const dueMs = this.#armed.get(name)?.dueMs ?? 0;
    return Math.max(0, Math.round(dueMs - this.#clock.elapsed()));
  }
}
