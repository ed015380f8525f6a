/*
 * Call sites say what happened and give the facts; how it reads is decided here, once. The studio's operators search
 * their logs for the reference worker's sentences, so an event that has one there has the same one here.
 */
import { formatBytes, formatDuration } from '../base/units.ts';
import { toJsonText } from './json-text.ts';
import type { LogEntry } from './log-entry.ts';
import type { Area, Fields, LogEvent } from './logger.ts';

/** How an event reads to people and to the studio. */
interface Sentence {
  /** The area's own where there is none. */
  readonly category?: string;
  readonly message: (fields: Fields) => string;
}

/** A fact as it stands in a sentence; a missing one shows as `?` rather than as a gap. */
function say(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '?';
  if (Array.isArray(value)) return `[${value.map(say).join(', ')}]`;
  return value instanceof Error ? value.message : toJsonText(value);
}
// Numbers read well only with their unit; anything else is shown as it came, since a log line must not fail.
const gb = (value: unknown): string => (typeof value === 'number' ? value.toFixed(1) : say(value));
const duration = (value: unknown): string => (typeof value === 'number' ? formatDuration(value) : say(value));
const size = (value: unknown): string => (typeof value === 'number' ? formatBytes(value) : say(value));
const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
/** What a GPU had free; nothing where nobody could tell. */
const memoryOf = ({ gpu, freeGb, totalGb }: Fields): string =>
  gpu === undefined ? '' : ` (${say(freeGb)} of ${say(totalGb)} GB were free on ${say(gpu)})`;
/** The reference worker prints the studio's error codes as the names of its own type: `ProtocolViolation`. */
const camelCase = (value: unknown): string =>
  say(value).replaceAll(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** The reference worker files all it ships about its session and jobs under this one category. */
const ws = (message: (fields: Fields) => string): Sentence => ({ category: 'ws', message });
const own = (message: (fields: Fields) => string): Sentence => ({ message });

const REJECTED: Readonly<Record<string, (fields: Fields) => string>> = {
  paused: () => 'worker is paused',
  busy: () => 'worker is already busy',
  'in-use': ({ presence }) => `only when idle, and the person is ${presence === undefined ? 'unknown' : say(presence)}`,
};

/** Studio contract, log entries of category `ws`: operators and studios search for these texts, so they are fixed. */
const SENTENCES: ReadonlyMap<string, Sentence> = new Map(
  Object.entries({
    'session.connecting': ws((f) => `connecting to ${say(f.url)}`),
    'session.connect-failed': ws((f) => `connect failed: ${say(f.error)}`),
    'capabilities.advertised': ws(
      (f) =>
        `advertising engine=${say(f.engine)}, vram=${gb(f.vramTotalGb)}/${gb(f.vramThresholdGb)}GB threshold, ` +
        `auto_enabled=${say(f.autoEnabled)}, kinds=${say(f.kinds)}, ${count(f.models)} model(s)=${say(f.models)}`,
    ),
    'threshold.exceeds-vram': ws(
      (f) =>
        `the threshold of ${gb(f.vramThresholdGb)} GB exceeds the detected ${gb(f.vramTotalGb)} GB of GPU memory: ` +
        'jobs may not fit',
    ),
    'session.welcomed': ws((f) => `server welcomed ${say(f.workerId)} server_time=${say(f.serverTime)}`),
    'approval.awaited': ws(() => 'waiting for operator approval before opening the session'),
    'offer.received': ws(
      (f) =>
        `offer received ${say(f.jobId)} game=${say(f.gameId)} asset=${say(f.assetName)} ` +
        `model=${say(f.model)} vram=${say(f.vramGbEstimate)}`,
    ),
    'offer.rejected': ws((f) => `rejecting offer ${say(f.jobId)}: ${REJECTED[say(f.because)]?.(f) ?? say(f.because)}`),
    'offer.malformed': ws((f) => `offer ${say(f.jobId)} is malformed: ${say(f.problem)}`),
    'frame.ignored': ws((f) => `ignoring a frame: ${say(f.problem)}`),
    'job.ran': ws((f) => `${say(f.kind)} dispatched in ${duration(f.durationMs)}`),
    'job.failed': ws((f) => `dispatch failed: ${say(f.error)}`),
    'artifact.uploaded': ws(() => 'binary upload ok'),
    'result.sent': ws(() => 'json result sent'),
    'delivery.failed': ws((f) => `failed to send result: ${say(f.error)}`),
    'accept.not-sent': ws((f) => `accept send failed for offer ${say(f.jobId)}: ${say(f.error)}`),
    'failure.not-sent': ws((f) => `failed to notify studio of job ${say(f.jobId)} failure: ${say(f.error)}`),
    'studio.reported-error': ws((f) => `server error ${camelCase(f.code)}: ${say(f.message)}`),
    'session.lost': ws((f) => {
      // A socket that ends without a reason gave no error to name.
      const reason = say(f.reason ?? '');
      const what = reason === '' || reason === 'disconnected' ? 'disconnected' : `session error: ${reason}`;
      return `${what}; reconnect attempt ${say(f.attempt)} in ${say(f.retryInMs)}ms`;
    }),
    'session.gave-up': ws((f) => `giving up after ${say(f.failures)} reconnect attempts`),
    'session.refused': ws((f) =>
      f.code === 4001 ? `auth failed: ${say(f.reason)}. Re-register the worker.` : `fatal: ${say(f.reason)}`,
    ),
    'claiming.changed': ws((f) =>
      f.enabled === true ? 'claiming enabled: offers are taken again' : 'claiming disabled: offers are rejected',
    ),
  } satisfies Record<string, Sentence>),
);

/** What operators read most on a good day and need most on a bad one, in words of ours. */
const OWN_SENTENCES: ReadonlyMap<string, Sentence> = new Map(
  Object.entries({
    'worker.started': own(
      (f) =>
        `studio-worker ${say(f.version)} for ${say(f.studio)}: ${say(f.registration)}, claiming ${say(f.claiming)}, ` +
        `threshold ${say(f.vramThresholdGb)} GB, config ${say(f.configPath)}`,
    ),
    'worker.already-running': own(
      (f) => `another worker (pid ${say(f.pid)}) runs with this config already: ${say(f.configPath)}`,
    ),
    'worker.refused': own((f) => say(f.remedy)),
    'worker.stopped': own(() => 'stopped'),
    'stop.requested': own((f) =>
      f.jobId === undefined
        ? 'stopping'
        : `stopping: job ${say(f.jobId)} has ${say(f.grace)} to finish; ${say(f.next)}`,
    ),
    'job.handed-back': own((f) => `handing job ${say(f.jobId)} back to the studio; ${say(f.next)}`),
    'registration.requested': own((f) => `asked the studio to approve this worker (request ${say(f.requestId)})`),
    'registration.pending': own((f) => `asking how request ${say(f.requestId)} stands`),
    'registration.approved': own((f) => `approved as ${say(f.workerId)}`),
    'registration.rejected': own((f) => `the studio turned this worker down: ${say(f.reason)}. ${say(f.remedy)}`),
    'registration.failed': own((f) => `${say(f.error)}; next try in ${duration(f.retryInMs)}`),
    'registration.restarted': own((f) => `registering anew: ${say(f.because)}`),
    'config.created': own((f) => `wrote a first config file: ${say(f.path)}`),
    'config.made-private': own((f) => `other accounts could read the token in ${say(f.path)}; now its owner alone can`),
    'config.changed': own((f) => {
      const later = count(f.needsRestart) === 0 ? '' : `; ${say(f.needsRestart)} applies at the next start`;
      const never = count(f.unused) === 0 ? '' : `; ${say(f.unused)} is not used in this release`;
      return `config changed: ${say(f.changedKeys)}${later}${never}`;
    }),
    'config.edit-ignored': own((f) => `going on with the config as it was: ${say(f.because)}`),
    'engine.ready': own((f) => `the ${say(f.engine)} engine is ready`),
    'engine.not-ready': own((f) => `the ${say(f.engine)} engine is not ready: ${say(f.because)}. ${say(f.hint)}`),
    'phonemes.dropped': own(
      (f) => `${say(f.count)} phonemes of the text have no sound in ${say(f.model)} and were left out: ${say(f.which)}`,
    ),
    'engine.on-cpu': own((f) => `${say(f.because)}. ${say(f.hint)}`),
    'job.retried-lean': own((f) => `${say(f.error)}; trying once more with less memory${memoryOf(f)}`),
    'pack.fetch-started': own((f) => `fetching the pack ${say(f.pack)}, ${say(f.size)}, from ${say(f.url)}`),
    'pack.fetch-advanced': own((f) => `pack ${say(f.pack)}: ${say(f.percent)} % of ${say(f.size)}`),
    'pack.fetched': own((f) => `the pack ${say(f.pack)} is in ${say(f.folder)}`),
    'pack.not-fetched': own((f) => `the pack ${say(f.pack)} could not be fetched: ${say(f.error)}. ${say(f.hint)}`),
    'engine.crashed': own((f) => `${say(f.error)} (model ${say(f.model)})`),
    'engine.quarantined': own((f) => `${say(f.error)}: its offers are refused for ${duration(f.forMs)}`),
    'model.loaded': own((f) => `${say(f.model)} (${say(f.engine)}) is in memory after ${duration(f.ms)}`),
    'model.unloaded': own(
      (f) => `${say(f.model)} (${say(f.engine)}) left memory: ${say(f.because)}; ${say(f.freedMb)} MB freed`,
    ),
    'model.restored': own((f) => `${say(f.model)} (${say(f.engine)}) is in memory again, as before the restart`),
    'cache.moved': own(
      (f) => `native files go to ${say(f.to)} instead of ${say(f.from)} (${say(f.because)}). ${say(f.hint)}`,
    ),
    'delivery.retried': own(
      (f) => `upload of job ${say(f.jobId)} failed: ${say(f.error)}; will retry in ${duration(f.retryInMs)}`,
    ),
    'delivery.unauthorized': own((f) => `the studio refuses our token (${say(f.status)}). ${say(f.hint)}`),
    'result.kept': own((f) => `result of job ${say(f.jobId)} stays on disk: ${say(f.because)}`),
    'result.discarded': own((f) => `result of job ${say(f.jobId)} discarded: ${say(f.because)}`),
  } satisfies Record<string, Sentence>),
);

/**
 * The embedded studio shares names of events with its workers and means its own side of them, which the sentences would
 * tell wrongly: what it says stands as it is.
 */
const sentenceFor = ({ area, event }: LogEvent): Sentence | undefined =>
  area === 'studio' ? undefined : (SENTENCES.get(event) ?? OWN_SENTENCES.get(event));

/** What the console adds for its reader and the studio knows already. */
const ASIDES: ReadonlyMap<string, (fields: Fields) => string | undefined> = new Map<
  string,
  (fields: Fields) => string | undefined
>([
  ['artifact.uploaded', (f: Fields) => `${size(f.sizeBytes)} in ${duration(f.durationMs)}`],
  ['job.failed', (f: Fields) => (typeof f.hint === 'string' ? f.hint : undefined)],
  ['offer.received', (f: Fields) => `${say(f.kind)}: ${say(f.promptPreview)}`],
]);

/** The areas that speak of the session under the one category the studio groups by. */
const CATEGORIES: ReadonlyMap<string, string> = new Map([
  ['session', 'ws'],
  ['jobs', 'ws'],
  ['delivery', 'ws'],
  ['update', 'auto-update'],
]);
const categoryOf = (area: Area): string => CATEGORIES.get(area) ?? area;

/** Shown below a line, or not at all: never part of a sentence. */
const NOT_IN_SENTENCE: ReadonlySet<string> = new Set(['stack']);

/** The line for people: the studio's sentence, and in brackets what only this side knows. A studio here says it is one. */
export function sentenceOf(event: LogEvent): string {
  if (event.area === 'studio') return `[studio] ${messageOf(event)}`;
  const aside = ASIDES.get(event.event)?.(event.fields);
  return aside === undefined ? messageOf(event) : `${messageOf(event)} (${aside})`;
}

/** The entry the studio sees, or undefined for a debug event: those never leave this machine. */
export function toLogEntry(event: LogEvent): LogEntry | undefined {
  const { at, level, area, fields } = event;
  if (level === 'debug') return undefined;
  return {
    ts: new Date(at).toISOString(),
    level,
    category: sentenceFor(event)?.category ?? categoryOf(area),
    message: messageOf(event),
    ...(typeof fields.jobId === 'string' ? { jobId: fields.jobId } : {}),
  };
}

function messageOf(said: LogEvent): string {
  const { event, fields } = said;
  const sentence = sentenceFor(said);
  if (sentence !== undefined) return sentence.message(fields);
  const facts = Object.entries(fields).filter(([name, value]) => value !== undefined && !NOT_IN_SENTENCE.has(name));
  return [event, ...facts.map(([name, value]) => `${name}=${asFact(value)}`)].join(' ');
}

/** Quoted where a reader could not tell where it ends. */
function asFact(value: unknown): string {
  const text = say(value);
  return typeof value === 'string' && (text === '' || /[\s"=]/.test(text)) ? JSON.stringify(text) : text;
}
