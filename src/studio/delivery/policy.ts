import { isTransientStatus, retryAfterMs } from '../../base/http-answer.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { HttpResponse } from '../../system/net/http.ts';

/** How one attempt to upload a result ended. */
export type UploadAnswer =
  | {
      readonly is: 'answered';
      readonly status: number;
      readonly statusText: string;
      readonly body: string;
      /** A page for people came, which no studio answers an upload with: a proxy's, or the log-in of a network. */
      readonly isWebPage: boolean;
      readonly retryAfterMs?: number;
    }
  | { readonly is: 'unreachable'; readonly error: string };

/** What of a response the worker decides by. @param nowMs by the wall clock: `Retry-After` may name a date */
export function answerOf({ status, statusText, headers, body }: HttpResponse, nowMs: number): UploadAnswer {
  const text = new TextDecoder().decode(body);
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return {
    is: 'answered',
    status,
    statusText,
    body: text,
    isWebPage: isWebPage(headers['content-type'] ?? '', text),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

/**
 * By its type, or by how it begins: not every portal names the type of its page, and pages begin with comments, scripts
 * or their head as well. What a studio answers is JSON, which never begins so.
 */
const isWebPage = (contentType: string, body: string): boolean =>
  /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType) || /^\s*<[!?a-z]/i.test(body);

/** What an answer means for the result, whoever asked and how often. */
export type AnswerMeaning =
  | 'delivered'
  /** A retry may succeed. */
  | 'transient'
  /** The studio does not hold the job for us: it may have the result already, or gave the job to someone else. */
  | 'not-held'
  /** The studio does not know us; the operator has to act, the result is fine. */
  | 'unauthorized'
  /** Something between us and the studio answered, or there is nothing at this address. The result is fine. */
  | 'misplaced'
  /** The studio does not take it as it is. */
  | 'refused';

/** What to do with a result whose slot is still held. */
export type ForegroundVerdict =
  | { readonly is: Exclude<AnswerMeaning, 'transient' | 'misplaced'> }
  | { readonly is: 'retry'; readonly afterMs: number }
  /** Enough attempts while other jobs wait, or one is not enough to tell: the background takes over. */
  | { readonly is: 'exhausted' };

/**
 * Statuses that speak of the address rather than of the result: moved (RFC 9110 §15.4), unknown there, sent to the wrong
 * server, or caught by a network that wants a log-in first (RFC 6585 §6).
 */
const ABOUT_THE_ADDRESS: ReadonlySet<number> = new Set([404, 405, 407, 410, 421, 451]);

/**
 * Reads an answer by its status and by what kind of answer it is (studio contract: binary completion); no answer at all is
 * transient. Only an answer of the studio about this very result takes it out of its hands.
 */
export function meaningOf(answer: UploadAnswer): AnswerMeaning {
  if (answer.is === 'unreachable') return 'transient';
  const { status, isWebPage } = answer;
  if (isTransientStatus(status)) return 'transient';
  if (status === 401 || status === 403) return 'unauthorized';
  if (isWebPage || status < 200 || (status >= 300 && status < 400) || ABOUT_THE_ADDRESS.has(status)) return 'misplaced';
  if (status < 300) return 'delivered';
  return status === 409 ? 'not-held' : 'refused';
}

/** Attempts while the slot is held, and the growing pause between them: 1 s, then 2 s (studio contract: timing constants). */
const FOREGROUND_ATTEMPTS = 3;
const FOREGROUND_PAUSE_MS = SECOND_MS;
/** Longest that pauses may keep the slot from the next job, whatever `Retry-After` asks for. */
const FOREGROUND_WAIT_MS = 30 * SECOND_MS;

/** What to do after the given attempt (1 is the first), having paused for `waitedMs` in all. */
export function judgeForeground(answer: UploadAnswer, attempt: number, waitedMs: number): ForegroundVerdict {
  const meaning = meaningOf(answer);
  if (meaning === 'misplaced') return { is: 'exhausted' };
  if (meaning !== 'transient') return { is: meaning };
  const afterMs = Math.max(attempt * FOREGROUND_PAUSE_MS, retryAfterOf(answer));
  const tooLong = attempt >= FOREGROUND_ATTEMPTS || waitedMs + afterMs > FOREGROUND_WAIT_MS;
  return tooLong ? { is: 'exhausted' } : { is: 'retry', afterMs };
}

const BACKGROUND_FIRST_MS = 30 * SECOND_MS;
const BACKGROUND_MAX_MS = 10 * MINUTE_MS;
/** A studio that asks for more than this is asked again all the same: its results have an age limit here. */
const MAX_RETRY_AFTER_MS = HOUR_MS;
const JITTER = 0.25;

/** Pause before the next background round, after `rounds` that got nothing through; `unit` is chance in [0, 1). */
export function backgroundPauseMs(rounds: number, retryAfterMs: number, unit: number): number {
  const doublings = Math.min(Math.max(0, rounds - 1), 10);
  const grownMs = Math.min(BACKGROUND_FIRST_MS * 2 ** doublings, BACKGROUND_MAX_MS);
  return Math.round(Math.max(grownMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)) * (1 + JITTER * unit));
}

/** Whether the answer speaks of the studio as a whole, so that sending the next result now is pointless. */
export function concernsEveryResult(answer: UploadAnswer): boolean {
  return answer.is === 'unreachable' || answer.status === 401 || answer.status === 429 || answer.status === 503;
}

/** How long the studio asked to wait, in milliseconds; 0 when it did not. */
export const retryAfterOf = (answer: UploadAnswer): number =>
  answer.is === 'answered' ? (answer.retryAfterMs ?? 0) : 0;

/** Longest piece of a studio's answer that goes into an error text. */
const QUOTED_CHARACTERS = 500;

/** The error as the log and a `fail` frame give it: `complete failed: 500 Internal Server Error — boom`. */
export function describeAnswer(answer: UploadAnswer): string {
  switch (answer.is) {
    case 'unreachable':
      return `complete failed: ${answer.error}`;
    case 'answered': {
      const status = `complete failed: ${answer.status} ${answer.statusText}`.trimEnd();
      const body = answer.body.trim().slice(0, QUOTED_CHARACTERS);
      return body === '' ? status : `${status} — ${body}`;
    }
    default:
      return answer satisfies never;
  }
}
