import { WorkerError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { pause } from '../../../base/pause.ts';
import type { Http } from '../../../system/net/http.ts';
import type { EngineProcess } from '../../host/holder.ts';
import type { RunContext } from '../../engine.ts';
import type { WatchTools } from '../../programs/run.ts';
import {
  type ServerCapabilities,
  createServerApi,
  type ServerJobState,
  type NoAnswer,
  type ServerApi,
} from './server-api.ts';
import { type ServerCommand, type ServerChild, startChild } from './server-child.ts';

export interface ServerOptions extends WatchTools {
  readonly http: Pick<Http, 'request'>;
  readonly freePort: () => Promise<number>;
}

/** A program that holds a model and generates images with it, one at a time. */
export interface Server {
  readonly can: ServerCapabilities;
  readonly process: EngineProcess;
  /** What it computes on, as far as it announced that. */
  readonly device: string | undefined;
  /** It is gone, or going: the next image needs another one. */
  readonly over: boolean;
  /**
   * Generates an image. An abort ends the server, since it cannot be asked to stop an image that it has begun.
   *
   * @throws WorkerError `engine.failed` | `engine.stalled` | `engine.crashed` | `engine.out-of-memory` | `task.invalid`;
   *   the signal's reason
   */
  generate(request: JsonObject, context: RunContext): Promise<Uint8Array>;
  /** Ends it. Settles once it is gone. Never rejects. */
  close(): Promise<void>;
}

/** It answers in a millisecond; an image takes seconds. */
const POLL_EVERY_MS = 100;
/** Between its last answer and our knowing of its end. */
const ENDS_WITHIN_MS = 500;
/** A port that was free may be taken before it listens. Then it exits with 0. */
const STARTS = 3;

/**
 * Starts a server and waits until it holds the model.
 *
 * Gives a sentence where this server cannot be used at all, which is no fault: older ones have no job API.
 *
 * @throws WorkerError as `Server.generate`; the signal's reason
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
    if (!signal.aborted) await outcome(child, options); // another program may have answered
    const gone = child.over;
    child.end();
    const end = await child.ended;
    signal.throwIfAborted();
    if (!gone) return typeof can === 'object' ? 'it does not generate images with this model' : can;
    if (child.lacksArgument) return 'it does not know all arguments';
    if (left === 0 || end.is !== 'exited' || end.code !== 0) throw await child.failure();
  }
}

/** Its end, if that is due: a program that lost its port ends before it can be asked. */
async function outcome(child: ServerChild, { clock }: ServerOptions): Promise<void> {
  const known = new AbortController();
  await Promise.race([child.ended, pause(clock, ENDS_WITHIN_MS, known.signal)]);
  known.abort();
}

/** It holds our model: another program may have taken the port first. */
const isOurs = ({ modelPath, makesImages }: ServerCapabilities, args: readonly string[]): boolean =>
  makesImages && args.includes(modelPath);

/** What it can do, once it answers. Before it listens it loads. A sentence when it cannot be used. */
async function ready(
  child: ServerChild,
  api: ServerApi,
  { clock }: ServerOptions,
): Promise<ServerCapabilities | string> {
  const gone = new AbortController();
  void child.ended.then(() => gone.abort());
  while (!gone.signal.aborted) {
    const can = child.isListening ? await api.capabilities() : undefined;
    if (can === 'unknown') return 'it has no job API';
    if (can !== undefined && !('is' in can)) return can; // one that is about to listen answers a moment later
    await pause(clock, POLL_EVERY_MS, gone.signal);
  }
  return 'gone';
}

/** A server that holds our model, and the way to ask it. */
interface ReadyServer {
  readonly child: ServerChild;
  readonly can: ServerCapabilities;
  readonly api: ServerApi;
}

function serving({ child, can, api }: ReadyServer, options: ServerOptions): Server {
  const close = async (): Promise<void> => {
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
    async generate(request, { signal, progress }) {
      signal.throwIfAborted();
      child.begin(progress);
      signal.addEventListener('abort', child.end, { once: true });
      try {
        const state = await finalState(request, api, { clock: options.clock, signal });
        if (state.is === 'done') return state.bytes;
        const error = state.is === 'failed' ? child.refusal(state.because) : await noAnswerError(state, child, options);
        // One that ran out of memory may hold what it got, and one that does not answer is of no use.
        if (error.code === 'engine.out-of-memory' || state.is === 'no-answer') await close();
        throw error;
      } catch (thrown) {
        if (signal.aborted) await child.ended;
        signal.throwIfAborted();
        throw thrown;
      } finally {
        signal.removeEventListener('abort', child.end);
        child.rest();
      }
    },
    close,
  };
}

/** How a job ended, or that this cannot be known. Rejects with the signal's reason on abort. */
async function finalState(
  request: JsonObject,
  api: ServerApi,
  { clock, signal }: Pick<ServerOptions, 'clock'> & { readonly signal: AbortSignal },
): Promise<Exclude<ServerJobState, { is: 'running' }> | NoAnswer> {
  const submitted = await api.submit(request);
  if (submitted.is === 'no-answer') return submitted;
  for (;;) {
    await pause(clock, POLL_EVERY_MS, signal);
    signal.throwIfAborted();
    const state = await api.jobState(submitted.id);
    if (state.is !== 'running') return state;
  }
}

/** What it gave no answer to, it may have died of, which explains more. */
async function noAnswerError({ cause }: NoAnswer, child: ServerChild, options: ServerOptions): Promise<WorkerError> {
  await outcome(child, options);
  if (child.over) return await child.failure();
  return new WorkerError('engine.failed', 'sd-server stopped answering', { cause });
}
