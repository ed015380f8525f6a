import type { Clock } from '../clock.ts';
import { type Presence, type PresenceReading, presenceOf, type UserPresence } from './presence.ts';

/** Keeps the newest reading at hand, so that neither a decision nor a heartbeat waits for a desktop. */
export interface PresenceWatch extends Disposable {
  /** Undefined until the first reading, and while it is not known. */
  latest(): UserPresence | undefined;
  /** What `latest` was taken from; undefined until the first reading. */
  latestReading(): PresenceReading | undefined;
  /** Settles after the first reading. */
  readonly first: Promise<void>;
  /** Reads now: the time from one reading to the next is another, or somebody wants to know. */
  refresh(): void;
}

export interface PresenceWatchOptions {
  readonly presence: Presence;
  readonly clock: Pick<Clock, 'after'>;
  /** Time until the first reading; none when left out. `refresh` is not held up by it. */
  readonly firstAfterMs?: number;
  /** Time from one reading to the next, asked after each. */
  readonly everyMs: () => number;
  /** Called after each reading. */
  readonly onReading: (reading: PresenceReading, presence: UserPresence | undefined) => void;
}

/** A watch that reads repeatedly until it is disposed of. */
export function watchPresence(options: PresenceWatchOptions): PresenceWatch {
  const { presence, clock, everyMs, onReading, firstAfterMs = 0 } = options;
  const first = Promise.withResolvers<void>();
  let latest: UserPresence | undefined;
  let last: PresenceReading | undefined;
  let disarm = (): void => {};
  let over = false;
  let reading: Promise<void> | undefined;
  async function readOnce(): Promise<void> {
    disarm();
    const answer = await presence.read();
    reading = undefined;
    first.resolve();
    if (over) return;
    last = answer;
    latest = presenceOf(answer);
    onReading(answer, latest);
    disarm = clock.after(everyMs(), () => void read());
  }
  /** Whoever asks while a reading is under way shares it. */
  const read = (): Promise<void> => (reading ??= readOnce());
  if (firstAfterMs === 0) void read();
  else disarm = clock.after(firstAfterMs, () => void read());
  return {
    latest: () => latest,
    latestReading: () => last,
    first: first.promise,
    refresh: () => void read(),
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}
