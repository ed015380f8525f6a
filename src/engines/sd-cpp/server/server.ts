import { WorkerError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { pause } from '../../../base/pause.ts';
import { SECOND_MS } from '../../../base/units.ts';
import type { Http } from '../../../system/net/http.ts';
import type { EngineProcess } from '../../host/holder.ts';
import type { RunContext } from '../../engine.ts';
import type { WatchTools } from '../../programs/run.ts';
import { createServerApi, type ServerJobState, type NoAnswer, type ServerApi } from './server-api.ts';
import type { ServerCapabilities } from './messages.ts';
import { type ServerCommand, type ServerChild, startServerChild } from './server-child.ts';

/*
 * The life of one server: a port, a start, the question of whether it is ours, jobs one after the other, an end. It may die
 * in any of those steps and then explains itself only in its log, so each step ends in the same few functions below.
 */

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
  /** What kind of model it holds, as far as it announced that. */
  readonly architecture: string | undefined;
  /** It is gone, or going: the next image needs another one. */
  readonly over: boolean;
  /**
   * Generates an image. An abort ends the server, unless it can be asked to stop an image that it has begun.
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
    const child = startServerChild(command, port, options);
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

function serving(ready: ReadyServer, options: ServerOptions): Server {
  const { child, can, api } = ready;
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
    get architecture() {
      return child.architecture;
    },
    get over() {
      return child.over;
    },
    async generate(request, { signal, progress }) {
      signal.throwIfAborted();
      child.begin(progress);
      const stopping = stopOnAbort(ready, options, signal);
      try {
        const state = await finalState(request, api, { clock: options.clock, signal, stop: stopping.stop });
        if (state.is === 'done') return state.bytes;
        const error = state.is === 'failed' ? child.refusal(state.because) : await noAnswerError(state, child, options);
        // One that ran out of memory may hold what it got, and one that does not answer is of no use.
        if (error.code === 'engine.out-of-memory' || state.is === 'no-answer') await close();
        throw error;
      } catch (thrown) {
        if (signal.aborted && child.over) await child.ended;
        signal.throwIfAborted();
        throw thrown;
      } finally {
        stopping[Symbol.dispose]();
        child.rest();
      }
    },
    close,
  };
}

/** What a server reports that can end an image which it has begun, and keep its model. */
const STOPS_WORK = 'cancel_generating';
/** It ends an image between two steps, and a step takes a slow machine seconds; loading the model again takes longer. */
const STOPS_WITHIN_MS = 10 * SECOND_MS;

interface Stopping extends Disposable {
  /** Ends a job of the server, or the server with it. Settles when either has happened. */
  readonly stop: (id: string) => Promise<void>;
}

/** On abort a server that cannot stop its work is ended at once, and any other one if it does not stop soon. */
function stopOnAbort({ child, can, api }: ReadyServer, { clock }: ServerOptions, signal: AbortSignal): Stopping {
  const stopsWork = can.features.has(STOPS_WORK);
  let disarm = (): void => {};
  const onAbort = (): void => {
    if (stopsWork) disarm = clock.after(STOPS_WITHIN_MS, child.end);
    else child.end();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    async stop(id) {
      if (!stopsWork) return;
      if (!(await api.cancel(id))) child.end();
      while (!child.over && (await isRunning(id, api))) await pause(clock, POLL_EVERY_MS);
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', onAbort);
      disarm();
    },
  };
}

const isRunning = async (id: string, api: ServerApi): Promise<boolean> => (await api.jobState(id)).is === 'running';

/** How a job ended, or that this cannot be known. Rejects with the signal's reason on abort, once the job is stopped. */
async function finalState(
  request: JsonObject,
  api: ServerApi,
  { clock, signal, stop }: Pick<ServerOptions, 'clock'> & Pick<Stopping, 'stop'> & { readonly signal: AbortSignal },
): Promise<Exclude<ServerJobState, { is: 'running' }> | NoAnswer> {
  const submitted = await api.submit(request);
  if (submitted.is === 'no-answer') return submitted;
  for (;;) {
    await pause(clock, POLL_EVERY_MS, signal);
    if (signal.aborted) await stop(submitted.id);
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
