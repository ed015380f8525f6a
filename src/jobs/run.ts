import { toWorkerError, WorkerError } from '../base/errors.ts';
import { engineFacts, type EngineName } from '../contract/model-source.ts';
import { resultIs, type TaskKindId } from '../contract/tasks/index.ts';
import { followed, type OnDelta } from '../engines/deltas.ts';
import type { Engine, LoadedModel, ModelFiles, RunContext } from '../engines/engine.ts';
import type { LoadHow } from '../engines/load-how.ts';
import type { TaskResult } from '../engines/result.ts';
import type { EngineRegistry } from '../engines/registry.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Job, JobOutcome, JobPhase, RunFacts } from './job.ts';
import { type Shortage, withLeanRetry } from './lean-retry.ts';
import { assertReadsImages } from './chat-images.ts';
import type { OutputCheck } from './output-check.ts';

export interface RunDeps {
  readonly registry: Pick<EngineRegistry, 'get'>;
  /** The job's lease on files of this disk; whoever gave it releases it. */
  readonly files: JobFiles;
  /** Follows what a job takes of GPU memory. */
  readonly memory: MemoryUse;
  /** Keeps models in memory, or not. */
  readonly models: ModelProvider;
  /** Checks each result before it counts as one. */
  readonly outputCheck: OutputCheck;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: RunObserver;
}

/** Model files in use for as long as the lease they came from. */
export interface LeasedFiles extends ModelFiles {
  /** Marks them as in use once more, so that a loaded model may keep them when the lease ends. Never rejects. */
  hold(): Promise<AsyncDisposable>;
}

/** Puts a job's model files on this disk. */
export interface JobFiles {
  filesFor(job: Pick<Job, 'model' | 'source'>, signal: AbortSignal): Promise<LeasedFiles>;
}

/** Who wants to know how a job is getting on. All are called synchronously and must not throw. */
export interface RunObserver {
  readonly onPhase: (phase: JobPhase) => void;
  readonly onProgress: (done: number, total: number) => void;
  /** Pieces of the result while it is made. */
  readonly onDelta: OnDelta;
}

/** Who wants to know what jobs take. What `work` gives, or fails with, is handed on as it is. */
export interface MemoryUse {
  watched<T>(job: Job, work: () => Promise<T>): Promise<T>;
  /** A job ran out of memory: reports what there was when it began, and learns that it did not suffice. */
  ranOut(job: Job, error: WorkerError): Shortage;
}

/** A model that a job has to run on, with all that distinguishes it. */
export interface ModelOfJob {
  readonly engine: Engine;
  readonly files: LeasedFiles;
  readonly job: Job;
  /** A model that was loaded otherwise does not do. */
  readonly how: LoadHow;
}

/** Who lends loaded models to jobs. */
export interface ModelProvider {
  /**
   * Gives `use` a loaded model that serves nobody else meanwhile. What `use` gives, or fails with, is handed on as it
   * is, and decides whether the model may stay in memory.
   *
   * @throws WorkerError what loading throws; rejects with the signal's reason on abort
   */
  withModel<T>(wanted: ModelOfJob, signal: AbortSignal, use: (model: LoadedModel) => Promise<T>): Promise<T>;
}

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
    const done = await endAfterAbort(begun(job, deps, signal), deps.clock, signal);
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

async function work(job: Job, deps: RunDeps, context: RunContext): Promise<Done> {
  const { signal, emit } = context;
  const { kind } = job.task;
  assertReadsImages(job);
  // Studio contract: every worker has this engine, and where it cannot run it serves nothing.
  if (job.source.engine === 'torch') throw unserved('torch', kind);
  const engine = deps.registry.get(job.source.engine, job.model);
  await assertServes(engine, job);
  const files = await deps.files.filesFor(withFilesItReads(job), signal);
  const use = async (loaded: LoadedModel, loadMs: number): Promise<Done> => {
    const since = deps.clock.elapsed();
    deps.observer.onPhase('running');
    const result = await loaded.run(job.task, context);
    const expected = resultIs(kind);
    if (result.is !== expected) {
      throw new WorkerError('engine.failed', `the ${engine.id} engine returned ${result.is} for a ${kind} task`);
    }
    const runMs = Math.round(deps.clock.elapsed() - since);
    deps.observer.onPhase('checking');
    await deps.outputCheck.check(job, result, { log: deps.log, signal });
    return { result, loadMs, runMs, ...whereOf(loaded) };
  };
  const attempt = (how: LoadHow): Promise<Done> => {
    emit({ is: 'restart' }); // of an attempt before this one nothing counts
    const since = deps.clock.elapsed();
    deps.observer.onPhase('loading');
    const lent = (loaded: LoadedModel): Promise<Done> => use(loaded, Math.round(deps.clock.elapsed() - since));
    return deps.models.withModel({ engine, files, job, how }, signal, lent);
  };
  const ranOut: MemoryUse['ranOut'] = (short, error) => deps.memory.ranOut(short, error);
  return await deps.memory.watched(job, () => withLeanRetry(job, attempt, { engine, ranOut, log: deps.log, signal }));
}

/** A result, and how it came about. */
interface Done extends RunFacts {
  readonly result: TaskResult;
}

const whereOf = ({ ranOn }: { readonly ranOn?: string | undefined }): { readonly ranOn?: string } =>
  ranOn === undefined ? {} : { ranOn };

async function assertServes(engine: Engine, job: Job): Promise<void> {
  if (engine.models[job.task.kind] === undefined) {
    throw unserved(engine.id, job.task.kind);
  }
  const readiness = await engine.readiness();
  if (!readiness.ready) throw new WorkerError('engine.unavailable', readiness.because, { hint: readiness.hint });
}

const unserved = (engine: EngineName, kind: TaskKindId): WorkerError =>
  new WorkerError('task.unsupported', `${engine} engine cannot serve ${kind} tasks`, {
    hint: `Offer the task with a model whose engine serves ${kind}; \`studio-worker engines\` lists them.`,
  });

/** Waits for the work; once the signal has aborted, for no longer than the grace. */
function endAfterAbort<T>(pending: Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let disarm = (): void => {};
    const arm = (): void => {
      disarm = clock.after(ABORT_GRACE_MS, () => reject(toWorkerError(signal.reason)));
    };
    if (signal.aborted) arm();
    else signal.addEventListener('abort', arm, { once: true });
    pending.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', arm);
      disarm();
    });
  });
}

/** A source may name files for an engine that reads none (studio contract, images of a chat): they are not fetched. */
const withFilesItReads = ({ model, source }: Job): Pick<Job, 'model' | 'source'> => ({
  model,
  source: engineFacts(source.engine).readsFiles ? source : { ...source, files: [] },
});
