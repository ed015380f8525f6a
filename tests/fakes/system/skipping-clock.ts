import { type Clock, systemClock } from '../../../src/system/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly call: () => void;
  cancel: () => void;
}

/** Real time that can also jump ahead: what falls due on the way happens at once, in order. */
export class SkippingClock implements Clock {
  #skippedMs = 0;
  #wallOffsetMs = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return systemClock.now() + this.#skippedMs + this.#wallOffsetMs;
  }

  elapsed(): number {
    return systemClock.elapsed() + this.#skippedMs;
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { dueMs: this.elapsed() + Math.max(0, ms), call, cancel: () => {} };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => this.#drop(timer);
  }

  /** Somebody sets the machine's clock: the time of day moves, and no time passes. */
  jumpWallClock(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Jumps ahead. */
  skip(ms: number): void {
    const untilMs = this.elapsed() + ms;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#skippedMs += Math.max(0, next.dueMs - this.elapsed());
      this.#drop(next);
      next.call();
    }
    this.#skippedMs += Math.max(0, untilMs - this.elapsed());
    for (const timer of this.#timers) this.#arm(timer);
  }

  #arm(timer: Timer): void {
    timer.cancel();
    timer.cancel = systemClock.after(timer.dueMs - this.elapsed(), () => {
      this.#timers.delete(timer);
      timer.call();
    });
  }

  #drop(timer: Timer): void {
    timer.cancel();
    this.#timers.delete(timer);
  }

  #next(untilMs: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.dueMs <= untilMs);
    return due.toSorted((a, b) => a.dueMs - b.dueMs)[0];
  }
}
