import type { JobId } from '../../base/ids.ts';
import { CLOSE_CODE_OF } from '../../contract/frames/close-codes.ts';
import { type InboundFrame, parallelJobsIn, parseInbound, type Welcome } from '../../contract/frames/inbound.ts';
import { fail, type OutboundFrame } from '../../contract/frames/outbound.ts';
import type { Event } from './machine.ts';
import type { SessionReceiver } from './session.ts';
import type { StudioTerms } from './terms.ts';

/** What one text frame from the studio leads to, in this order. */
export interface Reaction {
  readonly log?: ReactionLog;
  /** About a part of the frame that was of no use. */
  readonly warning?: ReactionLog;
  /** For the machine. There is always one: any text, even a malformed one, is a sign of life. */
  readonly event: Event;
  readonly send?: OutboundFrame;
  readonly notify?: (receiver: SessionReceiver) => void;
  /** What the studio named in its welcome. */
  readonly terms?: StudioTerms;
}

interface ReactionLog {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
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
    case 'welcome':
      return onWelcome(frame, welcomed);
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

function onWelcome(frame: Welcome, welcomed: boolean): Reaction {
  const { workerId, serverTime, features } = frame;
  const { jobs: maxParallelJobs, problem } = parallelJobsIn(frame);
  const limit = maxParallelJobs === undefined ? {} : { maxParallelJobs };
  const fields = { workerId, serverTime, features, ...limit };
  const reaction: Reaction = {
    log: { level: 'info', event: 'session.welcomed', fields },
    ...(problem === undefined
      ? {}
      : { warning: { level: 'warn', event: 'welcome.limit-ignored', fields: { problem } } }),
    event: { type: 'received', frame: 'welcome' },
    terms: { features, maxParallelJobs },
  };
  // A second welcome on one socket changes nothing.
  return welcomed ? reaction : { ...reaction, notify: (receiver) => receiver.onWelcome?.(frame) };
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
