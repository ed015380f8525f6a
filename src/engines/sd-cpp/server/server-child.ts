import { WorkerError } from '../../../base/errors.ts';
import type { ChildEnd, ChildEnvironment } from '../../../system/process/processes.ts';
import type { RunContext } from '../../engine.ts';
import { badEnd, createSaid, memoryError, ranOutOfMemory, type Said, stallError, start } from '../cli/ends.ts';
import { createProgressReader, rising } from '../cli/progress.ts';
import type { RunnerOptions } from '../cli/running.ts';
import { createWatchdog } from '../cli/watchdog.ts';

export interface ServerCommand {
  readonly path: string;
  /** The arguments for a port. */
  readonly words: (port: number) => readonly string[];
  readonly env: ChildEnvironment;
  /** It ended in a way that it did not choose. */
  readonly onCrash: (error: WorkerError) => void;
}

/** A running sd-server: what it says, and how it ends. */
export interface ServerChild {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** It is gone, or going. */
  readonly over: boolean;
  /** It has work to do: from now on it has to show progress, and what it says is about this work. */
  begin(progress: RunContext['progress']): void;
  /** It has none: its silence means nothing. */
  readonly rest: () => void;
  /** Ends it, if need be by force. */
  readonly end: () => void;
  /** Why it is gone, once it is. */
  failure(): Promise<WorkerError>;
  /** Why it could not do its work, by what it answered and what it wrote meanwhile. */
  refusal(because: string): WorkerError;
  /** It said that it is about to listen, which it does once it has the model. */
  readonly listens: boolean;
  /** What it computes on, as far as it said. */
  readonly device: string | undefined;
  /** It ended over an argument that it does not know. */
  readonly knewNotAll: boolean;
}

/** Starts it, with a model to load. @throws WorkerError `engine.failed` */
export function startChild(
  { path, words, env, onCrash }: ServerCommand,
  port: number,
  options: RunnerOptions,
): ServerChild {
  const said = createSaid();
  const watchdog = createWatchdog(options.clock);
  let step: RunContext['progress'] = () => {};
  const reader = createProgressReader({ step: (done, total) => step(done, total), moved: watchdog.renew });
  const onOutput = (text: string): void => {
    reader.read(text);
    said.addOutput(text);
  };
  const program = start('sd-server', () =>
    options.run([path, ...words(port)], { env, nice: options.nice, onOutput, onError: said.addError }),
  );
  watchdog.guard(program);
  let failure: WorkerError | undefined;
  let over = false;
  const ended = program.ended.then((end) => {
    over = true;
    watchdog.stop();
    if (watchdog.ending) return end;
    const bad = badEnd('sd-server', end, said);
    failure = bad.error;
    if (bad.crashed) onCrash(bad.error);
    return end;
  });
  return {
    pid: program.pid,
    ended,
    get over() {
      return over || watchdog.ending;
    },
    begin(progress) {
      said.clear();
      step = rising(progress);
      watchdog.renew();
    },
    rest() {
      step = () => {};
      watchdog.rest();
    },
    end: watchdog.end,
    failure: async () => {
      await ended;
      if (failure !== undefined) return failure;
      return watchdog.stalled
        ? stallError('sd-server')
        : new WorkerError('job.cancelled', 'sd-server was told to go in the middle of its work');
    },
    refusal: (because) => refusalOf(said, because),
    get listens() {
      return said.output.includes('listening on');
    },
    get device() {
      return said.device;
    },
    get knewNotAll() {
      return /unknown argument/i.test(said.error + said.output);
    },
  };
}

const refusalOf = (said: Said, because: string): WorkerError =>
  ranOutOfMemory(said)
    ? memoryError(`sd-server: ${because}`, said)
    : new WorkerError('engine.failed', `sd-server: ${because}`);
