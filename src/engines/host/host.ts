import { WorkerError } from '../../base/errors.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { ModelFiles } from '../engine.ts';
import type { GpuAccess } from '../gpu-access.ts';
import type { LoadOptions } from '../load-options.ts';
import type { Where } from '../readiness.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import { createCrashBook, type RecordCrash } from './crash-book.ts';
import { type HostedModel, type LoadedChild, ReopeningModel } from './hosted-model.ts';
import type { Warn } from './inner.ts';
import type { Quarantine } from './quarantine.ts';
import { startEngineChild, type EngineChild, type EngineChildOptions } from './engine-child.ts';

export interface EngineHostOptions extends Pick<EngineChildOptions, 'spawn' | 'command' | 'env' | 'clock'> {
  readonly quarantine: Quarantine;
  readonly gpuAccess: GpuAccess;
  readonly log: Logger;
}

/**
 * What native libraries must not do on their own: ONNX Runtime reports home unless configured not to, and ggml, when it
 * aborts, waits some 20 s for a debugger (studio contract).
 */
const QUIET = { ORT_DISABLE_TELEMETRY: '1', GGML_NO_BACKTRACE: '1' };

/** How a child is to load. */
export interface HostedLoadOptions extends Pick<LoadOptions, 'lean'> {
  /** More binaries of the engine's library, for other devices than the CPU; undefined for those it carries itself. */
  readonly binariesFolder: string | undefined;
}

const USUAL: HostedLoadOptions = { lean: false, binariesFolder: undefined };

export interface HostedLoad {
  readonly engine: EngineName;
  readonly files: ModelFiles;
  /** See `LoadOptions`. */
  readonly device?: LoadOptions['device'];
  /** As usual when left out. */
  readonly how?: HostedLoadOptions;
  /** See `LoadedModel`. */
  readonly where?: Where | undefined;
  /** Longest stall while loading or running, in milliseconds; five minutes if left out. */
  readonly stallMs?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Runs native engines in children of this program, so that a crash costs one job and unloading frees everything. */
export interface EngineHost {
  /**
   * Loads a model in a child of its own.
   *
   * @throws WorkerError what the engine reports | `engine.crashed` | `engine.stalled`; rejects with the signal's reason
   */
  load(request: HostedLoad, signal: AbortSignal): Promise<HostedModel>;
}

/** Generous: a slow disk reads ten gigabytes, a slow CPU takes one step of a large image. */
const STALL_MS = 5 * MINUTE_MS;

/** A host that starts a child for each model. Crashes are counted against the model in `quarantine`. */
export const createEngineHost = (options: EngineHostOptions): EngineHost => new ChildHost(options);

class ChildHost implements EngineHost {
  readonly #options: EngineHostOptions;
  readonly #recordCrash: RecordCrash;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.#recordCrash = createCrashBook(options);
  }

  async load(request: HostedLoad, signal: AbortSignal): Promise<HostedModel> {
    const { engine, stallMs = STALL_MS } = request;
    const open = (until: AbortSignal): Promise<LoadedChild> => this.#open(request, until);
    return new ReopeningModel(await open(signal), { engine, stallMs, open });
  }

  async #open(request: HostedLoad, signal: AbortSignal): Promise<LoadedChild> {
    signal.throwIfAborted();
    const { engine, files, how = USUAL, stallMs = STALL_MS, onProgress: progress = () => {} } = request;
    const variables = await this.#options.gpuAccess(request.device);
    signal.throwIfAborted();
    const talk = this.#start(request, variables);
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

  #start({ engine, files: { model } }: HostedLoad, variables: ChildEnvironment): EngineChild {
    const { log, env } = this.#options;
    const onCrash = (error: WorkerError): void => this.#recordCrash(engine, model, error);
    const onNote: Warn = (event, fields) => log.warn(event, { ...fields, engine, model });
    try {
      const talk = startEngineChild({
        ...this.#options,
        env: { ...env, ...QUIET, ...variables },
        engine,
        onCrash,
        onNote,
      });
      log.debug('engine.started', { engine, model, pid: talk.pid });
      return talk;
    } catch (thrown) {
      throw new WorkerError('engine.failed', `cannot start a process for the ${engine} engine`, { cause: thrown });
    }
  }
}

/** A copy to send: the original may carry fields that the child must not see. */
const plain = ({ model, paths, loras, defaults }: ModelFiles) => ({
  model,
  paths: new Map(paths),
  loras: [...loras],
  defaults,
});
