import type { FullStatus } from '../contract/status.ts';
import type { WorkerEvent } from '../../worker/events.ts';

/** When things happened to the session, which its own status does not tell. */
export interface SessionBook {
  onEvent(event: WorkerEvent): void;
  /** When the session that is live came up; milliseconds since the epoch. */
  readonly connectedAt: number | undefined;
  /** When the pause before the next attempt ends. */
  readonly retryAt: number | undefined;
  readonly reconnects: number;
  readonly heartbeat: FullStatus['heartbeat'];
}

/** A book that follows the events of one worker from its start. */
export function createSessionBook(now: () => number): SessionBook {
  let [connectedAt, retryAt]: (number | undefined)[] = [];
  let sessions = 0;
  let heartbeat: FullStatus['heartbeat'] = null;
  function onSession(status: Extract<WorkerEvent, { is: 'session' }>['status']): void {
    const wasConnected = connectedAt !== undefined;
    connectedAt = status.at === 'live' ? now() : undefined;
    retryAt = status.at === 'backing-off' ? now() + status.retryInMs : undefined;
    if (status.at === 'live') sessions += 1;
    if (wasConnected && status.at === 'backing-off') {
      heartbeat = { outcome: 'err', lastAttemptAt: now(), reason: status.because };
    }
  }
  return {
    onEvent(event) {
      if (event.is === 'session') onSession(event.status);
      if (event.is !== 'heartbeat') return;
      const { roundTripMs } = event;
      heartbeat = { outcome: 'ok', lastAttemptAt: now(), ...(roundTripMs === undefined ? {} : { roundTripMs }) };
    },
    get connectedAt() {
      return connectedAt;
    },
    get retryAt() {
      return retryAt;
    },
    get reconnects() {
      return Math.max(0, sessions - 1);
    },
    get heartbeat() {
      return heartbeat;
    },
  };
}
