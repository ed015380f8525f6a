import type { TaskDelta } from './result.ts';

/** Who follows a result while it is made. Gets the next piece once the promise for the last one has settled. */
export type OnDelta = (delta: TaskDelta) => Promise<void>;

/** Of a result that nobody follows. */
export const IGNORE_DELTAS: OnDelta = () => Promise.resolve();

/** Takes the pieces of one result as fast as an engine makes them, and hands them on as fast as they are wanted. */
export interface DeltaOutlet {
  /** Returns at once and never throws, however slow the follower is. */
  readonly emit: (delta: TaskDelta) => void;
  /** The result is complete: nothing more is taken, and what is pending is still handed on. */
  readonly end: () => void;
  /** The result is not wanted, or failed: nothing more is taken or handed on. */
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
export function createDeltaOutlet(listen: OnDelta, maxPendingChars = MAX_PENDING_CHARS): DeltaOutlet {
  let pending: Pending = NOTHING;
  let hasTaken = false;
  let isCut = false;
  let isOpen = true;
  let isBusy = false;

  function shift(): TaskDelta | undefined {
    const next = firstOf(pending);
    if (next !== undefined) pending = { ...pending, [next.is]: undefined };
    return next;
  }

  async function pump(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    try {
      for (let next = shift(); next !== undefined; next = shift()) await listen(next);
    } catch {
      drop(); // who cannot take one piece has no use for the next
    } finally {
      isBusy = false;
    }
  }

  function take(delta: TaskDelta): void {
    if (delta.is === 'restart') {
      if (hasTaken) pending = { ...NOTHING, restart: delta };
      isCut = false;
      hasTaken = false;
      return;
    }
    hasTaken = true;
    if (delta.is === 'preview') {
      if (delta.bytes.byteLength <= MAX_PREVIEW_BYTES) pending = { ...pending, preview: delta };
    } else {
      const text = (pending.text?.text ?? '') + delta.text;
      isCut ||= text.length > maxPendingChars;
      if (!isCut && text !== '') pending = { ...pending, text: { is: 'text', text } };
    }
  }

  function drop(): void {
    isOpen = false;
    pending = NOTHING;
  }

  return {
    emit(delta) {
      if (!isOpen) return;
      take(delta);
      void pump();
    },
    end: () => void (isOpen = false),
    drop,
  };
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
