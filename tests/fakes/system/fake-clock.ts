import type { Clock } from '../../../src/system/clock.ts';

/** Time that moves only when told to. Timers fire in order of their due time, then in the order they were set. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #wallOffsetMs = 0;
  #serial = 0;
  readonly #timers = new Map<number, { dueMs: number; call: () => void }>();

  constructor(startMs = Date.UTC(2026, 4, 25, 12)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  now(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  elapsed(): number {
    return this.#nowMs - this.#startMs;
  }

  after(ms: number, call: () => void): () => void {
    const id = ++this.#serial;
    this.#timers.set(id, { dueMs: this.#nowMs + Math.max(0, ms), call });
    return () => void this.#timers.delete(id);
  }

  /** Somebody sets the machine's clock: the time of day moves, and no time passes. */
  jumpWallClock(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** How many timers wait. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer, or undefined. */
  get nextInMs(): number | undefined {
    const due = this.#next()?.[1].dueMs;
    return due === undefined ? undefined : due - this.#nowMs;
  }

  /** Moves time on, firing what falls due on the way, including timers set by the fired ones. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(); next !== undefined && next[1].dueMs <= untilMs; next = this.#next()) {
      this.#timers.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1].dueMs);
      next[1].call();
    }
    this.#nowMs = untilMs;
  }

  /** Like `advance`, letting promises settle between timers. */
  async advanceAsync(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(); next !== undefined && next[1].dueMs <= untilMs; next = this.#next()) {
      this.#timers.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1].dueMs);
      next[1].call();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #next(): [number, { dueMs: number; call: () => void }] | undefined {
    let best: [number, { dueMs: number; call: () => void }] | undefined;
    for (const entry of this.#timers) if (best === undefined || entry[1].dueMs < best[1].dueMs) best = entry;
    return best;
  }
}

/** Lets everything run that waits for no more than promises: all of them are done before the next turn of the loop. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets this much time pass again and again until the work has ended, for work that has to do with real sockets. */
export async function passUntilOver(clock: FakeClock, ms: number, work: Promise<unknown>): Promise<void> {
  const state = { over: false };
  const end = (): void => void (state.over = true);
  work.then(end, end);
  while (!state.over) {
    clock.advance(ms);
    await settle();
  }
}
