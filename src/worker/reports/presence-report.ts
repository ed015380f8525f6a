import type { Logger } from '../../log/logger.ts';
import type { PresenceReading, UserPresence } from '../../system/presence/presence.ts';
import type { PresenceStatus } from '../status.ts';

/** A reading in a sentence's end, with what decided it; undefined for none. */
export function presenceStatus(
  presence: UserPresence | undefined,
  reading: PresenceReading | undefined,
): PresenceStatus | undefined {
  if (reading === undefined) return undefined;
  if (reading.is === 'unknown') {
    return {
      is: 'unknown',
      because: `user activity is unknown (${reading.reasons.join('; ')})`,
    };
  }
  const who = presence === 'idle' ? 'nobody uses this machine' : 'somebody uses this machine';
  return { is: presence ?? 'unknown', because: `${who} (${reading.source})` };
}

/** What the log has about a person at this machine. */
export interface PresenceReport {
  onReading(reading: PresenceReading, presence: UserPresence | undefined): void;
  /** `only_when_idle` was turned on or off. */
  onSwitched(): void;
}

/** Logs each change while offers depend on it, and nothing otherwise. */
export function createPresenceReport(log: Logger, onlyWhenIdle: () => boolean): PresenceReport {
  let last: Parameters<PresenceReport['onReading']> | undefined;
  let logged: UserPresence | 'unknown' | undefined;
  function report(): void {
    if (!onlyWhenIdle()) logged = undefined;
    if (!onlyWhenIdle() || last === undefined) return;
    const [reading, presence = 'unknown'] = last;
    if (logged === (logged = presence)) return;
    if (reading.is === 'unknown') log.warn('presence.unknown', { reasons: reading.reasons });
    else log.info('presence.changed', { presence, source: reading.source });
  }
  return {
    onReading(...reading) {
      last = reading;
      report();
    },
    onSwitched: report,
  };
}
