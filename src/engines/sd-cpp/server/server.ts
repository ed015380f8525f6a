import { toWorkerError, WorkerError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { pause } from '../../../base/pause.ts';
import type { Http } from '../../../system/net/http.ts';
import type { EngineProcess, RunContext } from '../../engine.ts';
import type { ProgramTools } from '../../programs/run.ts';
import { type Capabilities, createServerApi, type ServerApi } from './server-api.ts';
import { type ServerCommand, type ServerChild, startChild } from './server-child.ts';

export interface ServerOptions extends ProgramTools {
  readonly http: Pick<Http, 'request'>;
  readonly freePort: () => Promise<number>;
}

/** A program that holds a model and paints with it, one picture at a time. */
export interface Server {
  readonly can: Capabilities;
  readonly process: EngineProcess;
  /** What it computes on, as far as it said. */
  readonly device: string | undefined;
  /** It is gone, or going: the next picture needs another one. */
  readonly over: boolean;
  /**
   * Paints. An abort ends the server, since it cannot be told to stop a picture it has begun.
   *
   * @throws WorkerError `engine.failed` | `engine.stalled` | `engine.crashed` | `engine.out-of-memory` | `task.invalid`;
   *   the signal's reason
   */
  paint(request: JsonObject, context: RunContext): Promise<Uint8Array>;
  /** Ends it. Settles once it is gone. Never rejects. */
  leave(): Promise<void>;
}

/** It answers in a millisecond; a picture takes seconds. */
const LOOK_EVERY_MS = 100;
/** Between its last answer and our knowing of its end. */
const ENDS_WITHIN_MS = 500;
/** A port that was free may be taken before it listens. Then it ends, and says that it ended well. */
const STARTS = 3;

/**
 * Starts a server and waits until it holds the model.
 *
 * Gives a sentence where this server cannot be used at all, which is no fault: older ones have no job API.
 *
 * @throws WorkerError as `Server.paint`; the signal's reason
 */
export async function startServer(
  command: ServerCommand,
  options: ServerOptions,
  signal: AbortSignal,
): Promise<Server | string> {
  for (let left = STARTS - 1; ; left--) {
    signal.throwIfAborted();
    const port = await options.freePort();
    const child = startChild(command, port, options);
    const api = createServerApi(options.http, port);
    signal.addEventListener('abort', child.end, { once: true });
    const can = await ready(child, api, options);
    signal.removeEventListener('abort', child.end);
    if (!signal.aborted && typeof can === 'object' && isOurs(can, command.args(port))) {
      child.rest();
      return serving({ child, can, api }, options);
    }
    if (!signal.aborted) await outcome(child, options); // it may be somebody else who answered
    const gone = child.over;
    child.end();
    const end = await child.ended;
    signal.throwIfAborted();
    if (!gone) return typeof can === 'object' ? 'it does not paint with this model' : can;
    if (child.lacksArgument) return 'it does not know all arguments';
    if (left === 0 || end.is !== 'exited' || end.code !== 0) throw await child.failure();
  }
}

/** Its end, if that is due: a program that has lost its port knows it before it can be asked. */
async function outcome(child: ServerChild, { clock }: ServerOptions): Promise<void> {
  const known = new AbortController();
  await Promise.race([child.ended, pause(clock, ENDS_WITHIN_MS, known.signal)]);
  known.abort();
}

/** It holds our model: another one may have come to listen where ours wanted to. */
const isOurs = ({ modelPath, paints }: Capabilities, words: readonly string[]): boolean =>
  paints && words.includes(modelPath);

/** What it can do, once it answers. Before it listens it loads. A sentence when it cannot say. */
async function ready(child: ServerChild, api: ServerApi, { clock }: ServerOptions): Promise<Capabilities | string> {
  const gone = new AbortController();
  void child.ended.then(() => gone.abort());
  while (!gone.signal.aborted) {
    const can = child.isListening ? await api.capabilities().catch(() => undefined) : undefined; // a moment later it does
    if (can === 'unknown') return 'it has no job API';
    if (can !== undefined) return can;
    await pause(clock, LOOK_EVERY_MS, gone.signal);
  }
  return 'gone';
}

/** A server that holds our model, and how it is spoken with. */
interface Held {
  readonly child: ServerChild;
  readonly can: Capabilities;
  readonly api: ServerApi;
}

function serving({ child, can, api }: Held, options: ServerOptions): Server {
  const leave = async (): Promise<void> => {
    child.end();
    await child.ended;
  };
  return {
    can,
    process: child,
    get device() {
      return child.device;
    },
    get over() {
      return child.over;
    },
    async paint(request, { signal, progress }) {
      signal.throwIfAborted();
      child.begin(progress);
      signal.addEventListener('abort', child.end, { once: true });
      try {
        return await resultOf(request, { child, can, api }, { options, signal });
      } catch (thrown) {
        if (signal.aborted) await child.ended;
        signal.throwIfAborted();
        const reason = await reasonFor(thrown, child, options);
        // Whoever ran out of memory may hold what it got, and whoever does not answer is of no use.
        if (reason.code === 'engine.out-of-memory' || toWorkerError(thrown).code === 'http.unreachable') await leave();
        throw reason;
      } finally {
        signal.removeEventListener('abort', child.end);
        child.rest();
      }
    },
    leave,
  };
}

async function resultOf(
  request: JsonObject,
  { child, api }: Held,
  { options, signal }: { readonly options: ServerOptions; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const id = await api.submit(request);
  for (;;) {
    await pause(options.clock, LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
    const state = await api.look(id);
    if (state.is === 'done') return state.bytes;
    if (state.is === 'failed') throw child.refusal(state.because);
  }
}

/** What it does not answer to, it may have died of, which says more. */
async function reasonFor(thrown: unknown, child: ServerChild, options: ServerOptions): Promise<WorkerError> {
  const error = toWorkerError(thrown);
  if (error.code !== 'http.unreachable') return error;
  await outcome(child, options);
  if (child.over) return await child.failure();
  return new WorkerError('engine.failed', 'sd-server does not answer any more', { cause: thrown });
}
