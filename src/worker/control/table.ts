import * as v from 'valibot';
import { toJobId, toModelId } from '../../base/ids.ts';
import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import { ENGINE_NAMES, ModelSourceSchema } from '../../contract/model-source.ts';
import { type AskEntry, ask, type StreamEntry, stream } from './entry.ts';
import { EventSchema } from './event-schema.ts';
import { ExplanationSchema } from './explanation-schema.ts';
import { OwnLogLineSchema } from '../../contract/log-entry.ts';
import { LogRequestSchema } from './log-line.ts';
import { OfferCountsSchema } from './offer-counts-schema.ts';
import { StatusSchema } from './status-schema.ts';

/*
 * All that may be asked of a running worker. One entry here makes a method of `WorkerControl`, a request that the local
 * API serves, and a method of the command line's client.
 */

/** Grows when an entry that exists comes to mean something else. A new entry is no reason: an older worker answers `unknown-request`. */
export const PROTOCOL = 1;

const Nothing = v.object({});
/** Whether jobs are taken: as saved, and as of now. */
const Claiming = v.object({ enabled: v.boolean(), paused: v.boolean() });
const JobId = v.pipe(v.string(), v.transform(toJobId));
const ModelId = v.pipe(v.string(), v.minLength(1), v.transform(toModelId));
/** A model that does not fit is no failure of the request. */
const Loaded = v.variant('is', [
  v.object({ is: v.literal('loaded') }),
  v.object({
    is: v.literal('not-loaded'),
    what: v.picklist(['not-kept', 'engine', 'memory']),
    because: v.string(),
  }),
]);
const Load = v.object({
  model: ModelId,
  source: ModelSourceSchema,
  /** What it is expected to take, in GiB; from the size of its files when left out. */
  gb: v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(0))),
});

const Update = v.object({
  version: v.exactOptional(v.string()),
  force: v.exactOptional(v.boolean()),
  rollback: v.exactOptional(v.boolean()),
});
/** To be current already is no failure of the request. */
const UpdateUnderway = v.object({ is: v.picklist(['current', 'updating']), version: v.string() });

/** A worker on this machine answers in milliseconds; one that hangs must not hang the command. */
const SOON_MS = 3 * SECOND_MS;
/** An engine that says whether it is ready may start a program to find out. */
const EXPLAIN_MS = 15 * SECOND_MS;
/** The feed, and a manifest or two. */
const UPDATE_CHECK_MS = MINUTE_MS;
/** Weights of many gigabytes from a slow disk; a model in use is unloaded after its job. */
const LOAD_MS = 10 * MINUTE_MS;

const ASKS = {
  status: ask(Nothing, StatusSchema, SOON_MS),
  /** Takes no more jobs until `resume` or a restart; the running one is finished. Nothing is saved. */
  pause: ask(Nothing, Claiming, SOON_MS),
  resume: ask(Nothing, Claiming, SOON_MS),
  /** What would become of an offer now, by the worker's own rules. The text is the frame as it came, or its claim. */
  explain: ask(v.object({ offer: v.string() }), ExplanationSchema, EXPLAIN_MS),
  /** What became of the offers since the start, by the rule that rejected them. */
  offers: ask(Nothing, OfferCountsSchema, SOON_MS),
  /** Reads the config file again and applies what changed. */
  reload: ask(Nothing, Claiming, SOON_MS),
  /** Takes a model that is on this disk into memory, if it fits without unloading another. Downloads nothing. */
  load: ask(Load, Loaded, LOAD_MS),
  /** Unloads a model, on one engine or on every one that has it; one in use goes once its job is done. */
  unload: ask(
    v.object({ model: ModelId, engine: v.exactOptional(v.picklist(ENGINE_NAMES)) }),
    v.object({ unloaded: v.number() }),
    LOAD_MS,
  ),
  /** Hands a running job back to the studio. One that is done, or was never here, is not cancelled. */
  cancel: ask(v.object({ jobId: JobId }), v.object({ cancelled: v.boolean() }), SOON_MS),
  /**
   * Takes in results that a command put back into the outbox, by the names of their files, and delivers what waits now
   * instead of after a pause.
   */
  deliver: ask(v.object({ files: v.array(v.string()) }), v.object({ taken: v.number(), waiting: v.number() }), SOON_MS),
  /** Discards a result that waits, by its name in the outbox. One that was delivered meanwhile is not discarded. */
  discard: ask(v.object({ file: v.string() }), v.object({ discarded: v.boolean() }), SOON_MS),
  /** One more request to stop: finish the job, hand it back, or exit at once, as signals do. */
  stop: ask(Nothing, v.object({ stopping: v.literal(true) }), SOON_MS),
  /** Moves to another release, or back to the one before; what comes of it is told by `update` events. */
  update: ask(Update, UpdateUnderway, UPDATE_CHECK_MS),
};

const STREAMS = {
  /** All that happens in the worker from now on. A slow subscriber loses its oldest events; a `missed` event counts them. */
  subscribe: stream(Nothing, EventSchema, SOON_MS),
  /** What was logged lately, and what is logged from now on. */
  logs: stream(LogRequestSchema, OwnLogLineSchema, SOON_MS),
};

export type AskName = keyof typeof ASKS;
type Requests = {
  readonly [N in AskName]: (typeof ASKS)[N] extends AskEntry<infer Request, unknown> ? Request : never;
};
type Answers = { readonly [N in AskName]: (typeof ASKS)[N] extends AskEntry<unknown, infer Answer> ? Answer : never };
export type RequestOf<N extends AskName> = Requests[N];
export type AnswerOf<N extends AskName> = Answers[N];

export type StreamName = keyof typeof STREAMS;
type StreamRequests = {
  readonly [N in StreamName]: (typeof STREAMS)[N] extends StreamEntry<infer Request, unknown> ? Request : never;
};
type StreamEvents = {
  readonly [N in StreamName]: (typeof STREAMS)[N] extends StreamEntry<unknown, infer Event> ? Event : never;
};
export type StreamRequestOf<N extends StreamName> = StreamRequests[N];
export type StreamEventOf<N extends StreamName> = StreamEvents[N];

/** What is answered once, by name. */
export const CONTROL: { readonly [N in AskName]: AskEntry<Requests[N], Answers[N]> } = ASKS;

/** What is answered with events until one side has enough, by name. */
export const CONTROL_STREAMS: { readonly [N in StreamName]: StreamEntry<StreamRequests[N], StreamEvents[N]> } = STREAMS;

export const isStreamName = (name: string): name is StreamName => Object.hasOwn(CONTROL_STREAMS, name);
export const isAskName = (name: string): name is AskName => Object.hasOwn(CONTROL, name);
