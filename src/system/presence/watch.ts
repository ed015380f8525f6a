import type { Clock } from '../clock.ts';
import { type Presence, type PresenceReading, presenceOf, type UserPresence } from './presence.ts';

/** Keeps the newest reading at hand, so that neither a decision nor a heartbeat waits for a desktop. */
export interface PresenceWatch extends Disposable {
  /** Undefined until the first reading, and while it is not known. */
  latest(): UserPresence | undefined;
  /** Settles after the first reading. */
  readonly first: Promise<void>;
}

export interface PresenceWatchOptions {
  readonly presence: Presence;
  readonly clock: Pick<Clock, 'after'>;
  /** Time from one reading to the next. */
  readonly everyMs: number;
  /** Called after each reading. */
  readonly onReading: (reading: PresenceReading, presence: UserPresence | undefined) => void;
}

/** A watch that reads at once, and repeatedly until it is disposed of. */
export function watchPresence({ presence, clock, everyMs, onReading }: PresenceWatchOptions): PresenceWatch {
  let latest: UserPresence | undefined;
  let disarm = (): void => {};
  let over = false;
  async function read(): Promise<void> {
    const reading = await presence.read();
    if (over) return;
    latest = presenceOf(reading);
    onReading(reading, latest);
    disarm = clock.after(everyMs, () => void read());
  }
  return {
    latest: () => latest,
    first: read(),
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}
