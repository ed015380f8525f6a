import * as v from 'valibot';
import { ERROR_CODES, type ErrorCode, WorkerError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { readerOf } from './entry.ts';
import { PROTOCOL } from './table.ts';

/*
 * What a command and the running worker send each other, whatever carries it.
 *
 *   {"protocol":1,"version":"…","ask":"unload","with":{"model":"…"}}
 *                                       ◀── {"protocol":1,"version":"…","is":"answer","answer":{…}}
 *                                       ◀── … "is":"unknown-request" | "invalid-request" | "failed"
 *   {…,"ask":"subscribe"}               ◀── … "is":"subscribed", then "is":"event" until one side hangs up
 *
 * Each side gives its version, since the two may be of different releases: one was updated, and the other runs on.
 */

const Stamp = { protocol: v.number(), version: v.string() };
/** What each side sends of itself in every message. */
export const STAMP = { protocol: PROTOCOL, version: VERSION };

const RequestSchema = v.object({
  protocol: v.exactOptional(v.number()), // absent where a person typed the request
  version: v.exactOptional(v.string()),
  /** The config file that the request is about: another one may lie in the folder that the socket belongs to. */
  config: v.exactOptional(v.string()),
  ask: v.string(),
  with: v.exactOptional(v.record(v.string(), v.unknown())),
});
/** Reads what a peer asks, whatever it asks for. */
export const readRequest = readerOf(RequestSchema);

const ReplySchema = v.variant('is', [
  v.object({ ...Stamp, is: v.literal('answer'), answer: v.unknown() }),
  /** Events follow, now or later. */
  v.object({ ...Stamp, is: v.literal('subscribed') }),
  v.object({ ...Stamp, is: v.literal('event'), event: v.unknown() }),
  /** This worker has no such request. */
  v.object({ ...Stamp, is: v.literal('unknown-request'), ask: v.string() }),
  /** `because` names the field that is wrong. */
  v.object({ ...Stamp, is: v.literal('invalid-request'), because: v.string() }),
  /** The request was understood and could not be carried out. */
  v.object({
    ...Stamp,
    is: v.literal('failed'),
    code: v.string(),
    message: v.string(),
    hint: v.exactOptional(v.string()),
  }),
]);
/** One message of a worker. */
export type ControlReply = v.InferOutput<typeof ReplySchema>;
export const readReply = readerOf(ReplySchema);

/** A failure as it travels. Its stack and fields stay behind; `message` has its causes in it. */
export const failedReply = ({ code, hint }: WorkerError, message: string): ControlReply => ({
  ...STAMP,
  is: 'failed',
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

/** A worker's failure as our own. A code of a later release is one that we do not foresee. */
export const toFailure = ({ code, message, hint }: Extract<ControlReply, { is: 'failed' }>): WorkerError =>
  new WorkerError(isErrorCode(code) ? code : 'internal', message, hint === undefined ? {} : { hint });

const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CODES, text);
