import { errorChain, WorkerError } from '../base/errors.ts';
import { isPlainFileName } from '../base/foreign/file-name.ts';
import { quoted } from '../base/foreign-text.ts';
import { SECOND_MS } from '../base/units.ts';
import { hasEnded, type JobState, type JobView } from '../contract/operator/views.ts';
import { TASK_KIND_IDS, type TaskKindId } from '../contract/tasks/index.ts';
import type { OperatorClient } from '../operator/client.ts';
import type { Clock } from '../system/clock.ts';
import type { Files } from '../system/disk/files.ts';
import type { DemoJob } from './jobs.ts';
import { demoPage, isDemoPage, type ShownJob } from './page.ts';

/*
 * Plays the operator through a whole demonstration: approve the worker, queue the jobs, follow them, fetch what they made,
 * write it down. It is long because it is a walk: each step is a call of the operator API and what its answer means, in the
 * order in which a person would do it.
 */

/** News of one demonstration job; the newest one replaces what was known. */
export interface DemoEvent {
  readonly jobId: string;
  readonly kind: TaskKindId;
  readonly engine: string;
  readonly model: string;
  readonly state: JobState;
  /** From 0 to 1. */
  readonly progress?: number;
  /** From queued to delivered: until it is accepted, its model is loaded, it has run, and its result is handed over. */
  readonly durationMs?: number;
  /** Until the worker accepted it. */
  readonly waitMs?: number;
  /** What it was computed on: `cpu`, `cuda`, a device's own name. */
  readonly ranOn?: string;
  /** Until the model was in memory, once its files were there. */
  readonly loadMs?: number;
  readonly runMs?: number;
  /** Where the artifact was written. */
  readonly file?: string;
  /** The result of a kind that answers in text. */
  readonly text?: string;
  readonly error?: string;
}

/** What the worker knows of a job that the studio does not know. */
export interface WorkerFacts extends Pick<DemoEvent, 'ranOn' | 'loadMs' | 'runMs'> {
  /** What to do about a failure. */
  readonly hint?: string;
}

export interface PlayOptions {
  readonly operator: Pick<OperatorClient, 'registrations' | 'approve' | 'addModel' | 'createJob' | 'job' | 'artifact'>;
  readonly jobs: readonly DemoJob[];
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Waits, or less when the signal aborts. */
  readonly pause: (ms: number) => Promise<void>;
  readonly files: Pick<Files, 'makeDir' | 'writeAtomic' | 'list' | 'readText'>;
  /** Joins a folder and a file name. */
  readonly join: (folder: string, name: string) => string;
  readonly outDir: string;
  readonly signal: AbortSignal;
  /** How far a running job is, from 0 to 1; undefined when nobody knows. */
  readonly progressOf: (jobId: string) => number | undefined;
  /** What the worker knows of a job by the time the studio learns of its end. */
  readonly factsOf: (jobId: string) => WorkerFacts | undefined;
}

const POLL_EVERY_MS = 25;
/** A worker on this machine asks to be approved at once; more means that it did not start. */
const WORKER_WITHIN_MS = 30 * SECOND_MS;

interface Playing {
  readonly job: DemoJob;
  readonly view: JobView;
}

/**
 * Plays the operator: approves the worker, queues the jobs, follows them and fetches what they made. Ends when every job
 * has ended, or when the signal aborts.
 *
 * @throws WorkerError `studio.unreachable` | `studio.refused` | `studio.invalid` | `registration.failed` | `disk.full` |
 *   `folder.unusable`
 */
export async function* play(options: PlayOptions): AsyncGenerator<DemoEvent> {
  const { operator, signal, jobs } = options;
  // First of all: better reported now than after the work is done.
  await assertOurs(options);
  await orUnusable(options.files.makeDir(options.outDir), options.outDir);
  await writeOut(PAGE, demoPage([]), options); // from now on the folder is known as ours, also when this is interrupted
  for (const { before } of jobs) if (before !== undefined) await writeOut(BEFORE, before, options);
  await approveTheWorker(options);
  let open: Playing[] = [];
  let waiting = jobs.filter(({ after }) => after !== undefined);
  for (const job of jobs) if (!waiting.includes(job)) open.push({ job, view: await queue(job, operator) });
  const shown = new Map<string, string>();
  const page = new Map<string, ShownJob>();
  const ended = new Map<TaskKindId, JobState>();
  while (open.length > 0 && !signal.aborted) {
    for (const { job, view } of open) {
      const event = await describe(job, view, options);
      const text = JSON.stringify(event);
      if (shown.get(view.id) !== text) yield event;
      shown.set(view.id, text);
      page.set(view.id, shownJob(event, job));
      if (hasEnded(view.state)) ended.set(job.kind, view.state);
    }
    open = open.filter(({ view }) => !hasEnded(view.state));
    const ready = waiting.filter(({ after }) => after !== undefined && ended.has(after));
    waiting = waiting.filter((job) => !ready.includes(job));
    for (const job of ready) {
      if (job.after !== undefined && ended.get(job.after) !== 'completed') yield skipped(job);
      else open.push({ job, view: await queue(job, operator) });
    }
    if (open.length > 0) await options.pause(POLL_EVERY_MS);
    open = await Promise.all(open.map(async ({ job, view }) => ({ job, view: await operator.job(view.id) })));
  }
  await writeOut(PAGE, demoPage([...page.values()]), options);
}

/** Writes a file of the demonstration's folder, and gives its path. */
async function writeOut(
  name: string,
  content: string | Uint8Array,
  { files, join, outDir }: Pick<PlayOptions, 'files' | 'join' | 'outDir'>,
): Promise<string> {
  const path = join(outDir, name);
  await orUnusable(files.writeAtomic(path, content), outDir);
  return path;
}

const PAGE = 'index.html';
/** Only one job of a demonstration changes an image. */
const BEFORE = 'image-before.png';
/** The folder that the command line names by itself. */
const OUR_FOLDER = /(?:^|[\\/])studio-worker-demo[\\/]*$/;
/** Names that the demonstration gives. */
const OURS = new RegExp(String.raw`^(?:(?:${TASK_KIND_IDS.join('|')})\.[a-z0-9]+|image-before\.png|index\.html)$`);

/**
 * What somebody else keeps in a folder is not written over. Names alone do not tell: a site has an `index.html` too. The
 * folder that is used where none is named is ours, whatever an interrupted or earlier demonstration left there.
 */
async function assertOurs({ files, outDir, join }: PlayOptions): Promise<void> {
  const names = await files.list(outDir).catch((): readonly string[] => []); // what is no folder is refused when it is made one
  const foreign = names.find((name) => !OURS.test(name)) ?? ((await isMarked()) ? undefined : names[0]);
  if (foreign === undefined) return;
  throw new WorkerError('folder.unusable', `${outDir} holds files of somebody else, such as ${foreign}`, {
    hint: 'Name a new or an empty folder with `--out`.',
  });

  async function isMarked(): Promise<boolean> {
    if (names.includes(PAGE)) return isDemoPage((await files.readText(join(outDir, PAGE))) ?? '');
    return OUR_FOLDER.test(outDir);
  }
}

/** The words that a task asks with, or where its input lies. */
const askedFor = (task: object): string =>
  [at(task, 'prompt'), at(task, 'text'), at(at(at(task, 'messages'), 0), 'content'), at(task, 'inputUrl')].find(
    (words): words is string => typeof words === 'string',
  ) ?? '';

const shownJob = ({ kind, engine, state, text, error, file }: DemoEvent, { task, before }: DemoJob): ShownJob => ({
  kind,
  engine,
  state,
  ...(text !== undefined && { text }),
  ...(error !== undefined && { error }),
  ...(before !== undefined && { before: BEFORE }),
  prompt: askedFor(task),
  file: file?.split(/[\\/]/).at(-1),
});

async function queue(job: DemoJob, operator: PlayOptions['operator']): Promise<JobView> {
  const { kind, model, source, task, registered = false } = job;
  if (registered) await operator.addModel({ id: model, kind, displayName: undefined, vramGbEstimate: 0, source });
  const about = { model, task, gameId: 'demo', assetName: 'demo/fox' };
  return await operator.createJob(registered ? about : { ...about, modelSource: source });
}

/** A job whose input was never made. */
const skipped = ({ kind, model, source, after }: DemoJob): DemoEvent => ({
  jobId: model,
  kind,
  engine: source.engine,
  model,
  state: 'cancelled',
  error: `skipped: the ${after} job it depends on failed`,
});

async function approveTheWorker(options: PlayOptions): Promise<void> {
  const { operator, clock, signal } = options;
  const until = clock.elapsed() + WORKER_WITHIN_MS;
  while (!signal.aborted) {
    const [waiting] = await operator.registrations();
    if (waiting !== undefined) return void (await operator.approve(waiting.requestId));
    if (clock.elapsed() > until) {
      throw new WorkerError('registration.failed', 'the worker never asked to be approved', {
        hint: 'Run it again with `--log-level debug` to see why.',
      });
    }
    await options.pause(POLL_EVERY_MS);
  }
}

async function describe({ source }: DemoJob, job: JobView, options: PlayOptions): Promise<DemoEvent> {
  const { id: jobId, kind, model, state } = job;
  const event: DemoEvent = { jobId, kind, engine: source.engine, model, state };
  if (job.state === 'running') {
    const progress = options.progressOf(job.id);
    return progress === undefined ? event : { ...event, progress };
  }
  const { hint, ranOn, loadMs, runMs } = options.factsOf(job.id) ?? {};
  if (job.state === 'failed' || job.state === 'cancelled') {
    const error = job.error ?? job.state;
    return { ...event, error: hint === undefined ? error : `${error.replace(/\.+$/, '')}. ${hint}` };
  }
  if (job.state !== 'completed') return event;
  const result = await resultOf(job, options);
  const facts = {
    ...(ranOn && { ranOn }),
    ...(loadMs !== undefined && { loadMs }),
    ...(runMs !== undefined && { runMs }),
  };
  return { ...event, durationMs: durationOf(job), ...waitOf(job), ...facts, ...result };
}

/** Unknown where the studio does not tell. */
const waitOf = ({ createdAt, startedAt }: JobView): Pick<DemoEvent, 'waitMs'> =>
  startedAt === undefined ? {} : { waitMs: Math.max(0, Date.parse(startedAt) - Date.parse(createdAt)) };

const durationOf = (job: JobView): number =>
  Math.max(0, Date.parse(job.finishedAt ?? job.updatedAt) - Date.parse(job.createdAt));

async function resultOf(job: JobView, options: PlayOptions): Promise<Pick<DemoEvent, 'file' | 'text'>> {
  if (job.artifact === undefined) return { text: textOf(job.result) };
  const name = `${job.kind}.${job.artifact.ext}`;
  if (!isPlainFileName(name)) throw misnamed(name);
  return { file: await writeOut(name, await options.operator.artifact(job.id), options) };
}

const misnamed = (name: string): WorkerError =>
  new WorkerError('studio.invalid', `the studio calls an artifact ${quoted(name)}, which is no plain file name`, {
    hint: 'Report this: the studio is the one of this program.',
  });

/** A folder that will not have the artifacts is the operator's to change, not a fault of ours. */
async function orUnusable(writing: Promise<void>, folder: string): Promise<void> {
  try {
    await writing;
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw new WorkerError('folder.unusable', `cannot write in ${folder}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Name another folder with `--out`.',
    });
  }
}

/** The words of a chat completion or a transcript; any other result as JSON. */
function textOf(result: unknown): string {
  const found = at(at(at(at(result, 'choices'), 0), 'message'), 'content') ?? at(result, 'text');
  return typeof found === 'string' ? found : (JSON.stringify(result) ?? '');
}

const at = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
