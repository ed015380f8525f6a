import type { TaskDelta } from './result.ts';

/** Who follows a result while it is made. Gets the next piece once the promise for the last one has settled. */
export type OnDelta = (delta: TaskDelta) => Promise<void>;

/** Of a result that nobody follows. */
export const IGNORE_DELTAS: OnDelta = () => Promise.resolve();

/** Takes the pieces of one result as fast as an engine makes them, and hands them on as fast as the studio takes them. */
export interface DeltaOutlet {
  /** Returns at once and never throws, however slow the follower is. */
  readonly emit: (delta: TaskDelta) => void;
  /** The result is complete: nothing more is taken, and what is pending is still handed on. */
  readonly end: () => void;
  /** The result was cancelled, or failed: nothing more is taken or handed on. */
  readonly drop: () => void;
}

/** In UTF-16 code units: more than any follower can be behind that still reads. */
const MAX_PENDING_CHARS = 1 << 20;
/** Previews are small; a larger one is left out. */
const MAX_PREVIEW_BYTES = 8 << 20;

/**
 * An outlet to one follower. At most one piece of each kind is pending: texts are joined, and a preview replaces the one
 * before it. A follower that falls too far behind gets no more text until the next `restart`: what it has is then the
 * beginning of the result, which it gets whole at the end.
 */
export const createDeltaOutlet = (listen: OnDelta, maxPendingChars = MAX_PENDING_CHARS): DeltaOutlet =>
  new FollowedOutlet(listen, maxPendingChars);

class FollowedOutlet implements DeltaOutlet {
  readonly #listen: OnDelta;
  readonly #maxPendingChars: number;
  #pending: Pending = NOTHING;
  #hasTaken = false;
  #isCut = false;
  #isOpen = true;
  #isBusy = false;

  constructor(listen: OnDelta, maxPendingChars: number) {
    this.#listen = listen;
    this.#maxPendingChars = maxPendingChars;
  }

  readonly emit = (delta: TaskDelta): void => {
    if (!this.#isOpen) return;
    this.#take(delta);
    void this.#pump();
  };

  readonly end = (): void => {
    this.#isOpen = false;
  };

  readonly drop = (): void => {
    this.#isOpen = false;
    this.#pending = NOTHING;
  };

  #take(delta: TaskDelta): void {
    if (delta.is === 'restart') {
      if (this.#hasTaken) this.#pending = { ...NOTHING, restart: delta };
      this.#isCut = false;
      this.#hasTaken = false;
      return;
    }
    this.#hasTaken = true;
    if (delta.is === 'text') this.#append(delta.text);
    else if (delta.bytes.byteLength <= MAX_PREVIEW_BYTES) this.#pending = { ...this.#pending, preview: delta };
  }

  #append(more: string): void {
    const text = (this.#pending.text?.text ?? '') + more;
    this.#isCut ||= text.length > this.#maxPendingChars;
    if (!this.#isCut && text !== '') this.#pending = { ...this.#pending, text: { is: 'text', text } };
  }

  async #pump(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#shift(); next !== undefined; next = this.#shift()) await this.#listen(next);
    } catch {
      this.drop(); // who cannot take one piece has no use for the next
    } finally {
      this.#isBusy = false;
    }
  }

  #shift(): TaskDelta | undefined {
    const next = firstOf(this.#pending);
    if (next !== undefined) this.#pending = { ...this.#pending, [next.is]: undefined };
    return next;
  }
}

/** What waits for the follower, handed on in this order. */
type Pending = { readonly [Is in TaskDelta['is']]: Extract<TaskDelta, { is: Is }> | undefined };
const NOTHING: Pending = { restart: undefined, text: undefined, preview: undefined };
const firstOf = ({ restart, text, preview }: Pending): TaskDelta | undefined => restart ?? text ?? preview;

/**
 * Runs work whose pieces a follower gets. Nothing is handed on once the signal has aborted or the work has failed.
 * Whatever the work gives or fails with is passed on as it is, without waiting for the follower.
 */
export async function followed<T>(
  listen: OnDelta,
  signal: AbortSignal,
  work: (emit: DeltaOutlet['emit']) => Promise<T>,
): Promise<T> {
  if (listen === IGNORE_DELTAS) return await work(() => {}); // as it is for each job of a studio
  const outlet = createDeltaOutlet(listen);
  signal.addEventListener('abort', outlet.drop, { once: true });
  try {
    const done = await work(outlet.emit);
    outlet.end();
    return done;
  } catch (thrown) {
    outlet.drop();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', outlet.drop);
  }
}
