import { errorChain, WorkerError } from '../base/errors.ts';
import { SECOND_MS } from '../base/units.ts';
import { hasEnded, type JobState, type JobView } from '../contract/admin.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';
import type { OperatorClient } from '../operator/client.ts';
import type { Clock } from '../system/clock.ts';
import type { Files } from '../system/files.ts';
import { DEMO_JOBS, DEMO_SOURCE } from './jobs.ts';

/** News of one demonstration job; the newest one replaces what was known. */
export interface DemoEvent {
  readonly jobId: string;
  readonly kind: TaskKindId;
  readonly model: string;
  readonly state: JobState;
  /** From 0 to 1. */
  readonly progress?: number;
  readonly durationMs?: number;
  /** Where the artifact was written. */
  readonly file?: string;
  /** The result of a kind that answers in text. */
  readonly text?: string;
  readonly error?: string;
}

export interface PlayOptions {
  readonly operator: Pick<OperatorClient, 'registrations' | 'approve' | 'createJob' | 'job' | 'artifact'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Waits, or less when the signal aborts. */
  readonly pause: (ms: number) => Promise<void>;
  readonly files: Pick<Files, 'makeDir' | 'writeAtomic'>;
  /** Joins a folder and a file name. */
  readonly join: (folder: string, name: string) => string;
  readonly outDir: string;
  readonly signal: AbortSignal;
  /** How far a running job is, from 0 to 1; undefined when nobody knows. */
  readonly progressOf: (jobId: string) => number | undefined;
  /** What to do about a failed job, when its worker knows: the studio hears only what went wrong. */
  readonly hintFor: (jobId: string) => string | undefined;
}

const LOOK_EVERY_MS = 25;
/** A worker on this machine asks to be approved at once; more means that it did not start. */
const WORKER_WITHIN_MS = 30 * SECOND_MS;

/**
 * Plays the operator: approves the worker, queues one job of each kind, follows them and fetches what they made.
 * Ends when every job has ended, or when the signal aborts.
 *
 * @throws WorkerError `studio.unreachable` | `studio.refused` | `studio.invalid` | `registration.failed` | `disk.full` |
 *   `folder.unusable`
 */
export async function* play(options: PlayOptions): AsyncGenerator<DemoEvent> {
  const { operator, signal } = options;
  // First of all: better said now than after the work is done.
  await orUnusable(options.files.makeDir(options.outDir), options.outDir);
  await approveTheWorker(options);
  let open: JobView[] = [];
  for (const { kind: _kind, ...draft } of DEMO_JOBS) {
    open.push(await operator.createJob({ ...draft, modelSource: DEMO_SOURCE, gameId: 'demo', assetName: 'demo/fox' }));
  }
  const shown = new Map<string, string>();
  while (open.length > 0 && !signal.aborted) {
    for (const job of open) {
      const event = await describe(job, options);
      const text = JSON.stringify(event);
      if (shown.get(job.id) !== text) yield event;
      shown.set(job.id, text);
    }
    open = open.filter((job) => !hasEnded(job.state));
    if (open.length > 0) await options.pause(LOOK_EVERY_MS);
    open = await Promise.all(open.map((job) => operator.job(job.id)));
  }
}

async function approveTheWorker(options: PlayOptions): Promise<void> {
  const { operator, clock, signal } = options;
  const until = clock.elapsed() + WORKER_WITHIN_MS;
  while (!signal.aborted) {
    const [waiting] = await operator.registrations();
    if (waiting !== undefined) return void (await operator.approve(waiting.requestId));
    if (clock.elapsed() > until) throw new WorkerError('registration.failed', 'the worker never asked to be approved');
    await options.pause(LOOK_EVERY_MS);
  }
}

async function describe(job: JobView, options: PlayOptions): Promise<DemoEvent> {
  const event: DemoEvent = { jobId: job.id, kind: job.kind, model: job.model, state: job.state };
  if (job.state === 'running') {
    const progress = options.progressOf(job.id);
    return progress === undefined ? event : { ...event, progress };
  }
  if (job.state === 'failed' || job.state === 'cancelled') {
    const hint = options.hintFor(job.id);
    return { ...event, error: `${job.error ?? job.state}${hint === undefined ? '' : `. ${hint}`}` };
  }
  if (job.state !== 'completed') return event;
  return { ...event, durationMs: durationOf(job), ...(await resultOf(job, options)) };
}

/** From queued to delivered. */
const durationOf = (job: JobView): number =>
  Math.max(0, Date.parse(job.finishedAt ?? job.updatedAt) - Date.parse(job.createdAt));

async function resultOf(job: JobView, options: PlayOptions): Promise<Pick<DemoEvent, 'file' | 'text'>> {
  if (job.artifact === undefined) return { text: textOf(job.result) };
  const file = options.join(options.outDir, `${job.kind}.${job.artifact.ext}`);
  await orUnusable(options.files.writeAtomic(file, await options.operator.artifact(job.id)), options.outDir);
  return { file };
}

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
