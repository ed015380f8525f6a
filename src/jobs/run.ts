import { withinGrace } from '../base/abort.ts';
import { toWorkerError, WorkerError } from '../base/errors.ts';
import { resultIs } from '../contract/tasks/index.ts';
import { followed } from '../engines/deltas.ts';
import type { LoadedModel, RunContext } from '../engines/engine.ts';
import type { LoadOptions } from '../engines/load-options.ts';
import type { TaskResult } from '../engines/result.ts';
import { assertReadsImages } from './chat-images.ts';
import type { Job, JobOutcome, RunFacts } from './job.ts';
import { deviceOf } from './slots/job-slot.ts';
import { type Shortage, withLeanRetry } from './lean-retry.ts';
import { readyEngine, withFilesItReads } from './ready-engine.ts';
import type { ModelOfJob, RunDeps } from './run-deps.ts';

/** How long an engine may take to notice an abort. After that the job ends without it, so that a stop never hangs. */
const ABORT_GRACE_MS = 5_000;

/**
 * Runs one job from its model source to its result. Never throws: whatever goes wrong is the outcome, and an abort of
 * the signal is a `cancelled` one that carries the signal's reason.
 */
export async function run(job: Job, deps: RunDeps, signal: AbortSignal): Promise<JobOutcome> {
  const startedAt = deps.clock.now();
  const since = deps.clock.elapsed();
  const end = (): { job: Job; startedAt: number; finishedAt: number } => ({
    job,
    startedAt,
    finishedAt: startedAt + Math.round(deps.clock.elapsed() - since),
  });
  try {
    const done = await withinGrace(begun(job, deps, signal), signal, { clock: deps.clock, graceMs: ABORT_GRACE_MS });
    const durationMs = Math.round(deps.clock.elapsed() - since);
    const { result: _result, ...facts } = done;
    deps.log.info('job.ran', { kind: job.task.kind, durationMs, ...facts });
    return { ...end(), is: 'completed', ...done };
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (signal.aborted) {
      const reason = toWorkerError(signal.reason);
      deps.log.warn('job.cancelled', { because: reason.message });
      return { ...end(), is: 'cancelled', error: reason };
    }
    deps.log.error('job.failed', {
      error: error.message,
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...error.fields,
      ...(error.code === 'internal' ? { stack: error.stack } : {}),
    });
    return { ...end(), is: 'failed', error };
  }
}

const begun = (job: Job, deps: RunDeps, signal: AbortSignal): Promise<Done> =>
  followed(deps.observer.onDelta, signal, (emit) =>
    work(job, deps, { signal, progress: deps.observer.onProgress, emit }),
  );

/** One job, from its files to its checked result. Out of memory, it is attempted once more, with less. */
async function work(job: Job, deps: RunDeps, context: RunContext): Promise<Done> {
  const { signal } = context;
  const { model, source } = job;
  assertReadsImages(job);
  const engine = await readyEngine({ engine: source.engine, model, kind: job.task.kind }, deps.registry);
  const files = await deps.files.filesFor({ model, source: withFilesItReads(source) }, signal);
  const ready: ReadyJob = { job, engine, files, deps, context };
  const device = deviceOf(deps.slot);
  const ranOut = (error: WorkerError): Shortage => deps.memory.ranOut(job, error, device);
  const attempts = (): Promise<Done> =>
    withLeanRetry((how) => attempt(ready, how), { engine, device, ranOut, log: deps.log, signal });
  return await deps.memory.watched(job, attempts, device);
}

/** A job whose engine is ready and whose files are on this disk. */
interface ReadyJob extends Pick<ModelOfJob, 'job' | 'engine' | 'files'> {
  readonly deps: RunDeps;
  readonly context: RunContext;
}

/** Waits for the model, loaded this way, and uses it. */
async function attempt(ready: ReadyJob, how: LoadOptions): Promise<Done> {
  const { job, engine, files, deps, context } = ready;
  context.emit({ is: 'restart' }); // of an attempt before this one nothing counts
  const since = deps.clock.elapsed();
  deps.observer.onPhase('loading');
  return await deps.models.withModel({ engine, files, job, how }, context.signal, (loaded) => {
    const loadMs = Math.round(deps.clock.elapsed() - since);
    return deps.repeats.during(job, () => runOn(loaded, ready, loadMs));
  });
}

/** Runs the task, and checks what came of it. */
async function runOn(loaded: LoadedModel, { job, engine, deps, context }: ReadyJob, loadMs: number): Promise<Done> {
  const { kind } = job.task;
  const since = deps.clock.elapsed();
  deps.observer.onPhase('running');
  const result = await loaded.run(job.task, context);
  const expected = resultIs(kind);
  if (result.is !== expected) {
    throw new WorkerError('engine.failed', `the ${engine.id} engine returned ${result.is} for a ${kind} task`);
  }
  const runMs = Math.round(deps.clock.elapsed() - since);
  deps.observer.onPhase('checking');
  await deps.resultCheck.check(job, result, { log: deps.log, signal: context.signal });
  return { result, loadMs, runMs, ...whereOf(loaded) };
}

/** A result, and how it came about. */
interface Done extends RunFacts {
  readonly result: TaskResult;
}

const whereOf = ({ ranOn }: { readonly ranOn?: string | undefined }): { readonly ranOn?: string } =>
  ranOn === undefined ? {} : { ranOn };
