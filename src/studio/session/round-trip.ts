import type { Clock } from '../../system/clock.ts';

/** How long the studio takes to acknowledge a heartbeat. */
export interface RoundTrip {
  onSent(): void;
  /** Milliseconds since the oldest heartbeat that nothing has answered yet; undefined where none is under way. */
  onAck(): number | undefined;
  /** Its socket is gone: nothing under way will be answered. */
  onLost(): void;
}

/** Acknowledgements name no heartbeat, so one is measured at a time. */
export function createRoundTrip(clock: Pick<Clock, 'elapsed'>): RoundTrip {
  let sentAt: number | undefined;
  return {
    onSent: () => void (sentAt ??= clock.elapsed()),
    onAck() {
      const tookMs = sentAt === undefined ? undefined : Math.round(clock.elapsed() - sentAt);
      sentAt = undefined;
      return tookMs;
    },
    onLost: () => void (sentAt = undefined),
  };
}
