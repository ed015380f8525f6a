import { WorkerError } from '../../base/errors.ts';
import { unlessAborted } from '../../base/abort.ts';
import type { Values } from '../command.ts';
import { type OPERATOR_ARGS, openStudio } from '../studio-access.ts';
import type { World } from '../world.ts';

/** What a shell asks for while a command line is typed, by the value hints of arguments. */
export const ASKED = [
  'job',
  'worker',
  'request',
  'studio-model',
  'project',
  'studio-token',
  'local-model',
  'result',
  'config-key',
] as const;
export type AskedValue = (typeof ASKED)[number];

/** Whether the values of an argument with this hint are known only while it is typed. */
export const isAsked = (hint: string): hint is AskedValue => ASKED.some((asked) => asked === hint);

/** Something that may be typed, and what it is. */
export interface Suggestion {
  readonly value: string;
  readonly about: string;
}

type Given = Pick<Values<typeof OPERATOR_ARGS>, 'url' | 'token' | 'token-file'> & {
  readonly config?: string | undefined;
};

/** Whoever types waits for it. */
const WITHIN_MS = 1_500;
/** As many as a shell lists. */
const MAX_JOBS = 200;
/**
 * A name comes from elsewhere and is put into a command line as it is: one with a character that means something to a shell
 * is left out. A first `-` would make it a flag.
 */
const HARMLESS = /^[\p{L}\p{N}_][\p{L}\p{N}_.:@/+-]*$/u;

/** What may be typed now. Empty where nobody answers in time: a shell has no place for an error. */
export async function candidatesFor(asked: AskedValue, given: Given, world: World): Promise<readonly Suggestion[]> {
  const abort = new AbortController();
  const disarm = world.clock.after(WITHIN_MS, () =>
    abort.abort(new WorkerError('job.cancelled', 'nobody answered in time')),
  );
  try {
    const found = await unlessAborted(SOURCES[asked](given, world), abort.signal);
    return found.filter(({ value }) => HARMLESS.test(value));
  } catch {
    return []; // late, or no worker or studio to ask: the command itself reports it
  } finally {
    disarm();
  }
}

const SOURCES: Readonly<Record<AskedValue, (given: Given, world: World) => Promise<readonly Suggestion[]>>> = {
  job: async (given, world) => {
    const jobs = await (await openStudio(given, world)).jobs({ limit: MAX_JOBS });
    return jobs.map(({ id, state, kind, prompt }) => ({ value: id, about: `${state} ${kind}: ${prompt}` }));
  },
  worker: async (given, world) => {
    const workers = await (await openStudio(given, world)).workers();
    return workers.flatMap(({ workerId, connected, capabilities: { machineName } }) => {
      const state = connected ? 'connected' : 'offline';
      return namedAs(workerId, machineName, state);
    });
  },
  request: async (given, world) => {
    const waiting = await (await openStudio(given, world)).registrations();
    return waiting.flatMap(({ requestId, machineName }) => namedAs(requestId, machineName, 'awaits approval'));
  },
  'studio-model': async (given, world) => {
    const models = await (await openStudio(given, world)).models();
    return models.map(({ id, kind, source }) => ({ value: id, about: `${kind} by ${source.engine}` }));
  },
  project: async (given, world) => {
    const projects = await (await openStudio(given, world)).projects();
    return projects.map(({ name, usage }) => ({
      value: name,
      about: `${usage.queued} queued, ${usage.running} running`,
    }));
  },
  'studio-token': async (given, world) => {
    const tokens = await (await openStudio(given, world)).tokens();
    return tokens.map(({ id, project, scopes }) => ({ value: id, about: `${scopes.join(', ')} in ${project}` }));
  },
  'local-model': async ({ config }, world) => {
    const files = await (await world.models(config)).store.list();
    return [...new Set(files.map(({ model }) => model))].map((value) => ({ value, about: 'on this disk' }));
  },
  result: async ({ config }, world) => {
    const results = await (await world.outbox(config)).list();
    return results.map(({ id, place, header }) => ({ value: id, about: `${place}, of ${header?.jobId ?? 'no job'}` }));
  },
  'config-key': async ({ config }, world) => {
    const opened = await world.openConfig(config, { readOnly: true });
    return Object.keys(opened.facts()).map((key) => ({ value: key, about: opened.entry(key).sentence }));
  },
};

/** The same thing by its id and by the name of its machine. */
const namedAs = (id: string, machine: string, state: string): readonly Suggestion[] => [
  { value: id, about: `${machine}, ${state}` },
  { value: machine, about: `${id}, ${state}` },
];
