import { errorChain, WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { pathStyle } from '../../base/process/path-style.ts';
import type { DemoChoice, DemoRun } from '../../cli/world/demo.ts';
import { DEMO_JOBS, type DemoJob } from '../../demo/jobs.ts';
import { play } from '../../demo/play.ts';
import { createOperatorClient } from '../../operator/client.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { underGpuRules } from '../gpu-rules.ts';
import { openProcessLog } from '../log.ts';
import { layOutReal } from './demo-real.ts';
import { realEngines } from '../engines/engines.ts';
import { openStudio } from './studio.ts';
import type { WorkerSetup } from '../worker/setup.ts';
import { type ComposedWorker, composeWorker } from '../worker/worker.ts';

/** Approvals and jobs follow each other at once here: nobody is spared by a slow poll of one's own machine. */
const POLL_MS = 50;

/**
 * Starts a studio and a worker against it, both in a temporary folder, and plays the operator.
 *
 * @throws WorkerError `folder.unusable` | `studio.not-listening` | `disk.full`
 */
export async function startDemo(choice: DemoChoice, effects: Effects): Promise<DemoRun> {
  const { clock, environment, files, http } = effects;
  const { join, native } = pathStyle(environment.platform);
  const outDir = native(choice.outDir);
  // Whatever goes wrong from here on, nothing of the demonstration stays behind.
  await using undo = new AsyncDisposableStack();
  const { stopped, stopAsked } = stopOnSignals(undo);

  const scratch = await openScratch(effects, undo);
  const log = await openProcessLog({ ...choice, logLevel: choice.logLevel ?? 'error' }, effects);
  const place = { host: '127.0.0.1', port: 0, sparesLoopback: true, dataDir: join(scratch, 'studio') };
  const studio = await openStudio(place, effects, log.logger);
  undo.defer(() => studio.stop());
  const config = await openConfig(join(scratch, 'config.toml'), effects, { log: log.logger });
  undo.defer(() => config.close());
  await config.update({ api_base_url: studio.url, models_root: join(scratch, 'models') });
  const jobs = await jobsOf({ ...choice, outDir }, { effects, join, undo });

  const { worker, progress } = await startWorker({ effects: underGpuRules(effects, config), config, log }, undo);
  undo.defer(() => stopped.abort(new WorkerError('job.cancelled', 'the demonstration is over')));

  const started = undo.move();
  let stopping: Promise<void> | undefined;
  return {
    url: studio.url,
    operatorToken: studio.operatorToken,
    pageUrl: studio.pageUrl,
    events: play({
      operator: createOperatorClient({ http, url: studio.url, token: studio.operatorToken }),
      jobs,
      clock,
      pause: (ms) => pause(clock, ms, stopped.signal),
      files,
      join,
      outDir,
      signal: stopped.signal,
      progressOf: (jobId) => progress.get(jobId),
      factsOf: (jobId) => worker.status().recentJobs.find((job) => job.jobId === jobId),
    }),
    stopAsked,
    stop: () => (stopping ??= started.disposeAsync()),
  };
}

/** A folder for what nobody needs afterwards, which `undo` removes. @throws WorkerError `folder.unusable` */
async function openScratch(effects: Effects, undo: AsyncDisposableStack): Promise<string> {
  const { environment, files, random } = effects;
  const scratch = pathStyle(environment.platform).join(environment.tempDir, `studio-worker-demo-${random.hex(8)}`);
  await makeScratch(scratch, files);
  undo.defer(() => removeScratch(scratch, effects));
  return scratch;
}

/** A signal stops the demonstration. */
function stopOnSignals(undo: AsyncDisposableStack): { stopped: AbortController; stopAsked: Promise<void> } {
  const stopped = new AbortController();
  const asked = Promise.withResolvers<void>();
  const unsubscribe = onStopSignals((_signal, count) => {
    stopped.abort(new WorkerError('job.cancelled', 'the demonstration was stopped'));
    asked.resolve();
    if (count > 1) unsubscribe(); // a third one ends the process, cleaned up or not
  });
  undo.defer(unsubscribe);
  return { stopped, stopAsked: asked.promise };
}

/** The worker of the demonstration, and how far each of its jobs has got. */
async function startWorker(
  { effects, config, log }: Pick<WorkerSetup, 'effects' | 'config' | 'log'>,
  undo: AsyncDisposableStack,
): Promise<{ readonly worker: ComposedWorker; readonly progress: ReadonlyMap<string, number> }> {
  const progress = new Map<string, number>();
  const worker = await composeWorker({
    effects,
    config,
    log,
    ...realEngines(effects, { log: log.logger, config, fetchesNoPacks: true }),
    registrationPolicy: { pollMs: POLL_MS },
  });
  worker.events.subscribe((event) => {
    if (event.is === 'progress') progress.set(event.jobId, event.share);
  });
  const ended = worker.run();
  undo.defer(async () => {
    worker.signal();
    // A job that still runs is of no use to anybody. Without one a second signal would cut the goodbye short.
    if (worker.status().runningJobs.length > 0) worker.signal();
    await ended;
  });
  return { worker, progress };
}

interface Place {
  readonly effects: Effects;
  readonly join: (folder: string, name: string) => string;
  /** What has to be undone in the end. */
  readonly undo: AsyncDisposableStack;
}

/** The usual jobs, or those of real engines, whose server `undo` closes. */
async function jobsOf({ real, outDir }: DemoChoice, { effects, join, undo }: Place): Promise<readonly DemoJob[]> {
  if (real === undefined) return DEMO_JOBS;
  const layout = await layOutReal(real, { effects, spoken: join(outDir, 'audio_tts.wav') });
  undo.defer(() => layout.close());
  return layout.jobs;
}

/** What the demonstration showed is there all the same. */
async function removeScratch(folder: string, { files, terminal }: Effects): Promise<void> {
  try {
    await files.remove(folder);
  } catch (thrown) {
    terminal.stderr.write(`warning: cannot remove the temporary folder ${folder}: ${errorChain(thrown)}\n`);
  }
}

/** Only this account may look inside: an operator token is in there. @throws WorkerError `folder.unusable` */
async function makeScratch(folder: string, files: Effects['files']): Promise<void> {
  try {
    await files.makeDir(folder, { mode: 0o700 });
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw new WorkerError('folder.unusable', `cannot create ${folder}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Name a folder for temporary files that this account may write: the variable TMPDIR, on Windows TEMP.',
    });
  }
}
