import type { Clock } from '../clock.ts';
import { type Presence, type PresenceReading, presenceOf, type UserPresence } from './presence.ts';

/** Keeps the newest reading at hand, so that neither a decision nor a heartbeat waits for a desktop. */
export interface PresenceWatch extends Disposable {
  /** Undefined until the first reading, and while it is not known. */
  latest(): UserPresence | undefined;
  /** Settles after the first reading. */
  readonly first: Promise<void>;
  /** Reads now: the time from one reading to the next is another, or somebody wants to know. */
  refresh(): void;
}

export interface PresenceWatchOptions {
  readonly presence: Presence;
  readonly clock: Pick<Clock, 'after'>;
  /** Time from one reading to the next, asked after each. */
  readonly everyMs: () => number;
  /** Called after each reading. */
  readonly onReading: (reading: PresenceReading, presence: UserPresence | undefined) => void;
}

/** A watch that reads at once, and repeatedly until it is disposed of. */
export function watchPresence({ presence, clock, everyMs, onReading }: PresenceWatchOptions): PresenceWatch {
  let latest: UserPresence | undefined;
  let disarm = (): void => {};
  let over = false;
  let reading: Promise<void> | undefined;
  async function readOnce(): Promise<void> {
    disarm();
    const answer = await presence.read();
    reading = undefined;
    if (over) return;
    latest = presenceOf(answer);
    onReading(answer, latest);
    disarm = clock.after(everyMs(), () => void read());
  }
  /** Whoever asks while a reading is under way shares it. */
  const read = (): Promise<void> => (reading ??= readOnce());
  return {
    latest: () => latest,
    first: read(),
    refresh: () => void read(),
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}
