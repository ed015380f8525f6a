/*
 * Call sites report what happened with its facts; how it reads is decided in `sentences/`, once. Operators of a studio
 * search their logs for the reference worker's sentences, so an event that has one there has the same one here.
 */
import type { LogEntry } from '../contract/log-entry.ts';
import type { Area, Fields, LogEvent } from './logger.ts';
import { CONTRACT_SENTENCES } from './sentences/contract.ts';
import { MACHINE_SENTENCES } from './sentences/machine.ts';
import { STUDIO_SENTENCES } from './sentences/studio.ts';
import { duration, type Sentence, size, text } from './sentences/text.ts';
import { UPDATE_SENTENCES } from './sentences/update.ts';
import { WORKER_SENTENCES } from './sentences/worker.ts';

const SENTENCES: ReadonlyMap<string, Sentence> = new Map(
  Object.entries<Sentence>({ ...WORKER_SENTENCES, ...MACHINE_SENTENCES, ...UPDATE_SENTENCES, ...CONTRACT_SENTENCES }),
);
/** The embedded studio shares names of events with its workers and means its own side of them. */
const OF_STUDIO: ReadonlyMap<string, Sentence> = new Map(Object.entries<Sentence>(STUDIO_SENTENCES));

/** The sentence of an event, undefined for one that is shown by its name and facts. */
export const sentenceFor = ({ area, event }: Pick<LogEvent, 'area' | 'event'>): Sentence | undefined =>
  (area === 'studio' ? OF_STUDIO : SENTENCES).get(event);

/** What the console adds for its reader and the studio knows already. */
const ASIDES: ReadonlyMap<string, (fields: Fields) => string | undefined> = new Map<
  string,
  (fields: Fields) => string | undefined
>([
  ['artifact.uploaded', (f: Fields) => `${size(f.sizeBytes)} in ${duration(f.durationMs)}`],
  ['job.failed', (f: Fields) => (typeof f.hint === 'string' ? f.hint : undefined)],
  ['offer.received', (f: Fields) => text(f.kind)],
]);

/** Areas filed under a category that studios know: one for session and jobs, one for updates. */
const CATEGORIES: ReadonlyMap<string, string> = new Map([
  ['session', 'ws'],
  ['jobs', 'ws'],
  ['delivery', 'ws'],
  ['update', 'auto-update'],
]);
const categoryOf = (area: Area): string => CATEGORIES.get(area) ?? area;

/** Shown below a line, or not at all: never part of a sentence. */
const NOT_IN_SENTENCE: ReadonlySet<string> = new Set(['stack']);

/** The line for people: the studio's sentence, and in brackets what only this side knows. An embedded studio's are marked. */
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

function messageOf(logged: LogEvent): string {
  const { event, fields } = logged;
  const sentence = sentenceFor(logged);
  if (sentence !== undefined) return sentence.message(fields);
  const facts = Object.entries(fields).filter(([name, value]) => value !== undefined && !NOT_IN_SENTENCE.has(name));
  return [event, ...facts.map(([name, value]) => `${name}=${asFact(value)}`)].join(' ');
}

/** Quoted where a reader could not tell where it ends. */
function asFact(value: unknown): string {
  const fact = text(value);
  return typeof value === 'string' && (fact === '' || /[\s"=]/.test(fact)) ? JSON.stringify(fact) : fact;
}
