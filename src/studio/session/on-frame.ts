import type { JobId } from '../../base/ids.ts';
import { CLOSE_CODE_OF } from '../../contract/frames/close-codes.ts';
import { type InboundFrame, parseInbound } from '../../contract/frames/inbound.ts';
import { fail, type OutboundFrame } from '../../contract/frames/outbound.ts';
import type { Event } from './machine.ts';
import type { SessionReceiver } from './session.ts';

/** What one text frame from the studio leads to, in this order. */
export interface Reaction {
  readonly log?: {
    readonly level: 'info' | 'warn' | 'error';
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };
  /** For the machine. There is always one: any text, even a malformed one, is a sign of life. */
  readonly event: Event;
  readonly send?: OutboundFrame;
  readonly notify?: (receiver: SessionReceiver) => void;
  /** What the studio can do, as its welcome names it. */
  readonly features?: readonly string[];
}

const RECEIVED: Event = { type: 'received', frame: 'other' };

/** Reads one frame as a session that has been welcomed, or not yet. A malformed frame never costs the socket. */
export function onFrame(text: string, welcomed: boolean): Reaction {
  const parsed = parseInbound(text);
  switch (parsed.is) {
    case 'frame':
      return onGoodFrame(parsed.frame, welcomed);
    case 'bad-offer':
      return onBadOffer(parsed, welcomed);
    case 'unreadable':
      return ignored(parsed.problem);
    default:
      return parsed satisfies never;
  }
}

/** A binary frame is none of the contract's; it is not a sign of life either. */
export const onBinaryFrame = (sizeBytes: number): Reaction['log'] => ignored(`binary frame of ${sizeBytes} bytes`).log;

function onGoodFrame(frame: InboundFrame, welcomed: boolean): Reaction {
  switch (frame.type) {
    case 'welcome': {
      const { workerId, serverTime, features } = frame;
      const log = { level: 'info', event: 'session.welcomed', fields: { workerId, serverTime, features } } as const;
      const event: Event = { type: 'received', frame: 'welcome' };
      // A second welcome on one socket changes nothing.
      if (welcomed) return { log, event, features };
      return { log, event, features, notify: (receiver) => receiver.onWelcome?.(frame) };
    }
    case 'offer':
      return welcomed ? notify((receiver) => receiver.onOffer?.(frame.claim)) : tooEarly(`offer ${frame.claim.jobId}`);
    case 'heartbeatAck':
      return welcomed ? notify((receiver) => receiver.onHeartbeatAck?.(frame)) : tooEarly(frame.type);
    case 'completeAck':
    case 'failAck': {
      const { type, jobId } = frame;
      return welcomed ? notify((receiver) => receiver.onAck?.({ type, jobId })) : tooEarly(frame.type);
    }
    case 'error': {
      const { code, message } = frame;
      return {
        log: { level: 'error', event: 'studio.reported-error', fields: { code, message } },
        event: { type: 'reported', code: CLOSE_CODE_OF[code], message },
      };
    }
    default:
      return frame satisfies never;
  }
}

/** The studio waits for an answer, so it receives why we cannot take the job; it must not offer the same again. */
function onBadOffer(offer: { readonly jobId: JobId; readonly problem: string }, welcomed: boolean): Reaction {
  const { jobId, problem } = offer;
  const log = { level: 'warn', event: 'offer.malformed', fields: { jobId, problem } } as const;
  if (!welcomed) return { log, event: RECEIVED };
  return { log, event: RECEIVED, send: fail(jobId, `malformed offer: ${problem}`, false) };
}

const notify = (call: (receiver: SessionReceiver) => void): Reaction => ({ event: RECEIVED, notify: call });

/** Before the welcome nothing but `hello` may be sent, so nothing can be answered (studio contract: the gate). */
const tooEarly = (what: string): Reaction => ignored(`${what} before the welcome`);

const ignored = (problem: string): Reaction => ({
  log: { level: 'warn', event: 'frame.ignored', fields: { problem } },
  event: RECEIVED,
});
