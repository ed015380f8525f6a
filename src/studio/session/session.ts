import type { JobId } from '../../base/ids.ts';
import type { HeartbeatAck, Offer, Welcome } from '../../contract/frames/inbound.ts';
import type { OutboundFrame } from '../../contract/frames/outbound.ts';

/** Who we are to the studio, once approved. */
export interface Credentials {
  readonly apiBaseUrl: string;
  readonly workerId: string;
  readonly authToken: string;
}

/** What a session receives. Called only while live, in the order frames arrived. */
export interface SessionEvents {
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onOffer: (offer: Offer) => void;
  readonly onAck: (ack: { readonly type: 'completeAck' | 'failAck'; readonly jobId: JobId }) => void;
  readonly onHeartbeatAck: (ack: HeartbeatAck) => void;
  /** The socket is gone; another may follow. */
  readonly onLost: () => void;
}

/** Takes what concerns it of what a session receives. */
export type SessionReceiver = Partial<SessionEvents>;

/** The state of the session, for `status`. */
export type SessionStatus =
  | { readonly at: 'idle' | 'connecting' | 'greeting' | 'live' | 'stopped' }
  | { readonly at: 'backing-off'; readonly failures: number; readonly retryInMs: number; readonly because: string }
  /** `code`: the close code of the studio, or the one that its refusal stands for. */
  | { readonly at: 'refused'; readonly code: number; readonly because: string }
  | { readonly at: 'gave-up'; readonly because: string };

/** How a session ended for good. */
export type SessionEnd =
  | { readonly because: 'stopped' }
  | { readonly because: 'refused'; readonly code: number; readonly message: string }
  | { readonly because: 'gave-up'; readonly failures: number };

/** The conversation with the studio across reconnects. */
export interface Session {
  /** Nothing arrives before. Each frame goes to the receivers in their order. Starting twice is harmless. */
  start(receivers: readonly SessionReceiver[]): void;
  /** Hands a frame to the live socket. False when there is none: nothing was sent and nothing will be. */
  send(frame: OutboundFrame): boolean;
  status(): SessionStatus;
  /** Sends a heartbeat now rather than at the next tick, so that a change is seen at once. */
  beat(): void;
  /** Flushes the log queue, closes with code 1000 and ends. Idempotent. */
  stop(): Promise<void>;
  /** Settles once, when no further socket will be opened. Never rejects. */
  readonly ended: Promise<SessionEnd>;
}
