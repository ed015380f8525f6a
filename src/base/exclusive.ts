import { pause } from './pause.ts';
import { SECOND_MS } from './units.ts';

/** What an attempt at a lock gives. */
type Attempt<Holder> =
  { readonly is: 'held'; release(): void } | { readonly is: 'taken'; /** Who has it. */ readonly by: Holder };

export interface ExclusiveOptions<Holder> {
  /** Tries once. */
  readonly lock: () => Promise<Attempt<Holder>>;
  readonly clock: { after(ms: number, call: () => void): () => void };
  readonly signal: AbortSignal;
  /** Called before each wait for somebody else. */
  readonly onTaken?: (by: Holder, isFirst: boolean) => void;
}

/** How often the lock is tried. */
const RETRY_MS = SECOND_MS / 2;

/**
 * Does the work while holding the lock, which is waited for. `waited` says that somebody else held it before, who may
 * have done the work. Rejects with the signal's reason, or with whatever the work does.
 */
export async function exclusively<T, Holder>(
  { lock, clock, signal, onTaken = () => {} }: ExclusiveOptions<Holder>,
  work: (waited: boolean) => Promise<T>,
): Promise<T> {
  for (let waited = false; ; waited = true) {
    const attempt = await lock();
    if (attempt.is === 'held') {
      try {
        return await work(waited);
      } finally {
        attempt.release();
      }
    }
    onTaken(attempt.by, !waited);
    await pause(clock, RETRY_MS, signal);
    signal.throwIfAborted();
  }
}
