import { WorkerError } from '../base/errors.ts';
import { pause } from '../base/pause.ts';
import { type DemoEvent, play } from '../demo/play.ts';
import { createOperatorClient } from '../operator/client.ts';
import { onStopSignals } from '../system/signals.ts';
import { openConfig } from './config.ts';
import type { Effects } from './effects.ts';
import { type LogChoice, openProcessLog } from './log.ts';
import { realEngines } from './run.ts';
import { openStudio } from './studio.ts';
import { composeWorker } from './worker.ts';

export interface DemoChoice extends LogChoice {
  readonly outDir: string;
}

/** A studio and a worker that were started for a demonstration. */
export interface DemoRun {
  readonly url: string;
  readonly operatorToken: string;
  /** Ends when every job has ended, or when the operator asked to stop. */
  readonly events: AsyncIterable<DemoEvent>;
  /** Settles when the operator asks to stop. */
  readonly stopAsked: Promise<void>;
  /** Stops worker and studio and removes their folders; artifacts stay. Idempotent. */
  stop(): Promise<void>;
}

/** Approvals and jobs follow each other at once here: nobody is spared by a slow poll of one's own machine. */
const POLL_MS = 50;

/** Starts a studio and a worker against it, both in a temporary folder, and plays the operator. */
export async function startDemo(choice: DemoChoice, effects: Effects): Promise<DemoRun> {
  const { clock, environment, files, http, random } = effects;
  const join = (folder: string, name: string): string =>
    `${folder}${environment.platform === 'win32' ? '\\' : '/'}${name}`;
  const scratch = join(environment.tempDir, `studio-worker-demo-${random.hex(8)}`);
  await files.makeDir(scratch, { mode: 0o700 });
  const log = await openProcessLog({ ...choice, logLevel: choice.logLevel ?? 'error' }, effects);
  const studio = await openStudio(
    { host: '127.0.0.1', port: 0, sparesLoopback: true, dataDir: join(scratch, 'studio') },
    effects,
    log.logger,
  );
  const config = await openConfig(join(scratch, 'config.toml'), effects, { log: log.logger });
  await config.update({ api_base_url: studio.url });

  const progress = new Map<string, number>();
  const worker = await composeWorker({
    effects,
    config,
    log,
    engines: realEngines(effects),
    registrationPolicy: { pollMs: POLL_MS },
    onProgress: (jobId, share) => void progress.set(jobId, share),
  });
  const ended = worker.run();
  const stopped = new AbortController();
  const stopAsked = Promise.withResolvers<void>();
  const deafen = onStopSignals(() => {
    stopped.abort(new WorkerError('job.cancelled', 'the demonstration was stopped'));
    stopAsked.resolve();
  });

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    stopped.abort(new WorkerError('job.cancelled', 'the demonstration is over'));
    deafen();
    worker.signal();
    worker.signal(); // whatever still runs is of no use to anybody
    await ended;
    await studio.stop();
    config.close();
    await files.remove(scratch);
  }

  return {
    url: studio.url,
    operatorToken: studio.operatorToken,
    events: play({
      operator: createOperatorClient({ http, url: studio.url, token: studio.operatorToken }),
      clock,
      pause: (ms) => pause(clock, ms, stopped.signal),
      files,
      join,
      outDir: choice.outDir,
      signal: stopped.signal,
      progressOf: (jobId) => progress.get(jobId),
    }),
    stopAsked: stopAsked.promise,
    stop: () => (stopping ??= stop()),
  };
}
