import { WorkerError } from '../../../base/errors.ts';
import type { ChildEnd, ChildEnvironment } from '../../../system/process/child.ts';
import type { RunContext } from '../../engine.ts';
import { startWatched, type WatchedProgram, type WatchTools } from '../../programs/run.ts';
import { exitFailure, memoryError, ranOutOfMemory } from '../cli/failures.ts';
import { createProgramOutput, outputReader, type ProgramOutput } from '../cli/output.ts';
import { GRACE_MS, STALL_MS } from '../cli/run-sd-cli.ts';
import { rising } from '../../progress.ts';

/** How an sd-server is started for one model. */
export interface ServerCommand {
  readonly path: string;
  /** The arguments for a port. */
  readonly args: (port: number) => readonly string[];
  readonly env: ChildEnvironment;
  /** Called with the error when it ended in a way that it did not choose. */
  readonly onCrash: (error: WorkerError) => void;
}

/** A running sd-server: what it prints, and how it ends. */
export interface ServerChild {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** It is gone, or going. */
  readonly over: boolean;
  /** It has work to do: from now on it has to show progress, and what it prints is about this work. */
  begin(progress: RunContext['progress']): void;
  /** It has none: its silence means nothing. */
  readonly rest: () => void;
  /** Ends it, if need be by force. */
  readonly end: () => void;
  /** Why it is gone, once it is. */
  failure(): Promise<WorkerError>;
  /** Why it could not do its work, by what it answered and what it wrote meanwhile. */
  refusal(because: string): WorkerError;
  /** It printed that it is about to listen, which it does once it has the model. */
  readonly isListening: boolean;
  /** What it computes on, as far as it announced that. */
  readonly device: string | undefined;
  /** What kind of model it holds, as far as it announced that. */
  readonly architecture: string | undefined;
  /** It ended over an argument that it does not know. */
  readonly lacksArgument: boolean;
}

/** Starts it, with a model to load. @throws WorkerError `engine.failed` */
export const startServerChild = (command: ServerCommand, port: number, tools: WatchTools): ServerChild =>
  new StartedServer(command, port, tools);

class StartedServer implements ServerChild {
  readonly #printed = createProgramOutput();
  readonly #program: WatchedProgram;
  readonly #outcome: ReturnType<typeof followEnd>;
  #step: RunContext['progress'] = () => {};

  constructor({ path, args, env, onCrash }: ServerCommand, port: number, tools: WatchTools) {
    const printed = this.#printed;
    const step: RunContext['progress'] = (done, total) => this.#step(done, total);
    const watched = {
      name: 'sd-server',
      env,
      stallMs: STALL_MS,
      graceMs: GRACE_MS,
      readOutput: (moved: () => void) => outputReader(printed, { step, moved }),
      onError: printed.addError,
    };
    this.#program = startWatched({ ...watched, command: [path, ...args(port)] }, tools);
    this.#outcome = followEnd(this.#program, printed, onCrash);
  }

  get pid(): number {
    return this.#program.pid;
  }

  get ended(): Promise<ChildEnd> {
    return this.#outcome.ended;
  }

  get over(): boolean {
    return this.#outcome.isGone || this.#program.ending;
  }

  get isListening(): boolean {
    return this.#printed.output.includes('listening on');
  }

  get device(): string | undefined {
    return this.#printed.device;
  }

  get architecture(): string | undefined {
    return this.#printed.architecture;
  }

  get lacksArgument(): boolean {
    return /unknown argument/i.test(this.#printed.error + this.#printed.output);
  }

  begin(progress: RunContext['progress']): void {
    this.#printed.clear();
    this.#step = rising(progress);
    this.#program.resume();
  }

  readonly rest = (): void => {
    this.#step = () => {};
    this.#program.pause();
  };

  readonly end = (): void => this.#program.end();

  async failure(): Promise<WorkerError> {
    await this.#outcome.ended;
    return this.#outcome.failure ?? this.#program.stall ?? endedEarly();
  }

  refusal(because: string): WorkerError {
    return refusalOf(this.#printed, because);
  }
}

/** Remembers how it ended. However a program ends that was asked to exit, it is no crash. */
function followEnd(program: WatchedProgram, printed: ProgramOutput, onCrash: ServerCommand['onCrash']) {
  let failure: WorkerError | undefined;
  let isGone = false;
  const ended = program.ended.then((end) => {
    isGone = true;
    if (program.ending) return end;
    const { error, crashed } = exitFailure('sd-server', end, printed);
    failure = error;
    if (crashed) onCrash(error);
    return end;
  });
  return {
    ended,
    get isGone() {
      return isGone;
    },
    get failure() {
      return failure;
    },
  };
}

const endedEarly = (): WorkerError => new WorkerError('job.cancelled', 'sd-server was asked to exit while it worked');

const refusalOf = (printed: ProgramOutput, because: string): WorkerError =>
  ranOutOfMemory(printed)
    ? memoryError(`sd-server: ${because}`, printed)
    : new WorkerError('engine.failed', `sd-server: ${because}`);
