import { WorkerError } from '../../base/errors.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Task } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { EngineProcess } from './holder.ts';
import type { LoadHow } from '../load-how.ts';
import type { ModelFiles, RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import { createCrashBook } from './crash-book.ts';
import type { Inputs, Warn } from './inner.ts';
import type { Quarantine } from './quarantine.ts';
import type { Answer } from './exchange.ts';
import { startTalk, type Talk, type TalkOptions } from './talk.ts';

export interface EngineHostOptions extends Pick<TalkOptions, 'spawn' | 'command' | 'env' | 'clock'> {
  readonly quarantine: Quarantine;
  readonly log: Logger;
}

/** What a native library must not do on its own: ONNX Runtime reports home unless it is told not to. */
const QUIET = { ORT_DISABLE_TELEMETRY: '1' };

/** How a child is to load. */
export interface HostedHow extends Pick<LoadHow, 'lean'> {
  /** More binaries of the engine's library, for other devices than the CPU; undefined for those it carries itself. */
  readonly binariesFolder: string | undefined;
}

const USUAL: HostedHow = { lean: false, binariesFolder: undefined };

export interface HostedLoad {
  readonly engine: EngineName;
  readonly files: ModelFiles;
  /** As usual unless told otherwise. */
  readonly how?: HostedHow;
  /** Longest stall while loading or running, in milliseconds; five minutes if left out. */
  readonly stallMs?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Runs native engines in children of this program, so that a crash costs one job and unloading frees everything. */
export interface EngineHost {
  /**
   * Loads a model in a child of its own.
   *
   * @throws WorkerError what the engine says | `engine.crashed` | `engine.stalled`; rejects with the signal's reason
   */
  load(request: HostedLoad, signal: AbortSignal): Promise<HostedModel>;
}

/** A model in a child's memory. Disposing ends the child, within half a second. */
export interface HostedModel extends AsyncDisposable {
  /** The child that holds the weights now. */
  readonly process: EngineProcess;
  /** What the child said its runs are computed on. */
  readonly ranOn: string;
  /** Runs a task. After a crash the next run gets a fresh child that loads the model again. */
  run(task: Task, inputs: Inputs, context: RunContext): Promise<TaskResult>;
}

interface Opened {
  readonly talk: Talk;
  readonly ranOn: string;
}

/** Generous: a slow disk reads ten gigabytes, a slow CPU takes one step of a large image. */
const STALL_MS = 5 * MINUTE_MS;

/** A host that starts a child for each model. Crashes are counted against the model in `quarantine`. */
export function createEngineHost(options: EngineHostOptions): EngineHost {
  const { log } = options;
  const noteCrash = createCrashBook(options);

  function start({ engine, files }: HostedLoad): Talk {
    const onCrash = (error: WorkerError): void => noteCrash(engine, files.model, error);
    const onNote: Warn = (event, fields) => log.warn(event, { ...fields, engine, model: files.model });
    try {
      const talk = startTalk({ ...options, env: { ...options.env, ...QUIET }, engine, onCrash, onNote });
      log.debug('engine.started', { engine, model: files.model, pid: talk.pid });
      return talk;
    } catch (thrown) {
      throw new WorkerError('engine.failed', `cannot start a process for the ${engine} engine`, { cause: thrown });
    }
  }

  async function open(request: HostedLoad, signal: AbortSignal): Promise<Opened> {
    signal.throwIfAborted();
    const { engine, files, how = USUAL, stallMs = STALL_MS, onProgress: progress = () => {} } = request;
    const talk = start(request);
    try {
      const order = { do: 'load', engine, files: plain(files), how } as const;
      const answer = await talk.ask({ order, signal, progress, emit: () => {}, stallMs });
      if (answer.is === 'loaded') return { talk, ranOn: answer.ranOn };
      throw new WorkerError('internal', `the ${engine} engine answered a load with "${answer.is}"`);
    } catch (thrown) {
      await talk.leave();
      throw thrown;
    }
  }

  return {
    async load(request, signal) {
      const { engine, stallMs = STALL_MS } = request;
      let { talk, ranOn } = await open(request, signal);
      let disposed = false;
      return {
        get ranOn() {
          return ranOn;
        },
        get process() {
          return { pid: talk.pid, ended: talk.ended };
        },
        async run(task, inputs, { signal: runSignal, progress, emit }) {
          if (disposed) throw unloaded(engine);
          const order = { do: 'run', task, inputs: new Map(inputs) } as const;
          const ask = (): Promise<Answer> => talk.ask({ order, signal: runSignal, progress, emit, stallMs });
          const reopen = async (): Promise<void> => {
            ({ talk, ranOn } = await open(request, runSignal));
            if (!disposed) return;
            await talk.leave(); // the model was let go meanwhile, and nobody would end the child
            throw unloaded(engine);
          };
          if (talk.over) await reopen();
          const answer = await ask().catch(async (thrown: unknown) => {
            // A child that died while it was idle may be found out only now. The task is not to blame for it.
            if (!talk.over || talk.taken || runSignal.aborted) throw thrown;
            await reopen();
            return await ask();
          });
          if (answer.is === 'done') return answer.result;
          throw new WorkerError('internal', `the ${engine} engine answered a task with "${answer.is}"`);
        },
        async [Symbol.asyncDispose]() {
          disposed = true;
          await talk.leave();
        },
      };
    },
  };
}

const unloaded = (engine: EngineName): WorkerError =>
  new WorkerError('internal', `the ${engine} engine was asked to run after it was unloaded`);

/** A copy that travels: whoever made it may have put more into it than the child is to know. */
const plain = ({ model, paths, defaults }: ModelFiles) => ({ model, paths: new Map(paths), defaults });
