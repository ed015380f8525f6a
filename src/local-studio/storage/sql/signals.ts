import type { JobEnding } from '../tables/figures.ts';

/** Says that something happened, to whoever wants to know. */
interface Signal<About> {
  raise(about: About): void;
  subscribe(listener: (about: About) => void): () => void;
}

/** What a store says of what this process did in it. */
export interface Signals {
  /** Something was put into the outbox of the webhooks. */
  readonly queued: Signal<void>;
  /** A job has ended whose project, named here, limits how many run. */
  readonly freed: Signal<string>;
  /** Jobs have ended, however that was. */
  readonly ended: Signal<readonly JobEnding[]>;
}

/** With nobody listening at first. */
export const createSignals = (): Signals => ({
  queued: createSignal(),
  freed: createSignal(),
  ended: createSignal(),
});

function createSignal<About>(): Signal<About> {
  const listeners = new Set<(about: About) => void>();
  return {
    raise: (about) => {
      for (const listener of listeners) listener(about);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
