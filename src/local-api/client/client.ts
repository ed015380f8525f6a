import { ERROR_CODES, type ErrorCode, toWorkerError, WorkerError } from '../../base/errors.ts';
import { createSseReader, type RawEvent } from './sse.ts';
import { SECOND_MS } from '../../base/units.ts';
import { writeJson } from '../../contract/json.ts';
import { readJson } from '../../contract/read.ts';
import type { Clock } from '../../system/clock.ts';
import { readRefusal } from '../contract/common.ts';
import type { Route } from '../contract/route.ts';
import { type ApiAnswer, type ApiRequest, type RouteName, ROUTES } from '../contract/routes.ts';

/** A request as it is sent, without its address and its token. */
export interface ApiSending {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Brings a request there. @throws WorkerError `worker.not-running` | `worker.unresponsive`; whatever a network throws */
export type ApiTransport = (sending: ApiSending) => Promise<Response>;

export interface ApiCall<Name extends RouteName> {
  /** Values of the `:name` parts of the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: ApiRequest<Name>;
  readonly signal?: AbortSignal;
}

/** The API of the worker that runs with one config, whether or not there is one. */
export interface ApiClient {
  /** @throws WorkerError `worker.not-running` | `worker.unresponsive` | `worker.incompatible` | what the worker refused with */
  call<Name extends RouteName>(name: Name, call?: ApiCall<Name>): Promise<ApiAnswer<Name>>;
  /**
   * The server-sent events of a route, until they end or the signal aborts. Leaving the loop hangs up.
   *
   * @throws WorkerError as `call`
   */
  events<Name extends RouteName>(name: Name, call?: ApiCall<Name>): AsyncGenerator<RawEvent>;
}

export interface ApiClientOptions {
  readonly send: ApiTransport;
  readonly clock: Pick<Clock, 'after'>;
}

/** A worker on this machine answers in milliseconds; one that hangs must not hang the command. */
const ANSWER_MS = 10 * SECOND_MS;

/** A client of every route that answers JSON or events, by the table of routes. */
export const createApiClient = ({ send, clock }: ApiClientOptions): ApiClient => ({
  async call<Name extends RouteName>(name: Name, call: ApiCall<Name> = {}) {
    const late = new AbortController();
    const disarm = clock.after(ANSWER_MS, () => late.abort(unresponsive('did not answer in time')));
    try {
      const text = await (await opened(send, name, call, late.signal)).text();
      const { answer } = routeOf(name);
      const read = answer.is === 'json' ? readJson(answer.schema, text) : undefined;
      if (read?.is === 'read') return answerOf<Name>(read.value);
      throw incompatible(name);
    } catch (thrown) {
      throw failureOf(thrown, late.signal);
    } finally {
      disarm();
    }
  },
  async *events(name, call = {}) {
    const { body } = await opened(send, name, call, never()).catch((thrown: unknown) => {
      throw failureOf(thrown, call.signal);
    });
    if (body === null) throw incompatible(name);
    const reader = createSseReader();
    const decoder = new TextDecoder();
    for await (const piece of body) yield* reader.read(decoder.decode(piece, { stream: true }));
  },
});

const never = (): AbortSignal => new AbortController().signal;
const routeOf = (name: RouteName): Route => ROUTES[name];

/** An answer as the schema of the route `Name` read it. */
const answerOf = <Name extends RouteName>(read: unknown): ApiAnswer<Name> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a `Route` holds its schemas without their types
  read as ApiAnswer<Name>;

/** A response with a result. @throws WorkerError for a refusal */
async function opened<Name extends RouteName>(
  send: ApiTransport,
  name: Name,
  { params = {}, body, signal }: ApiCall<Name>,
  until: AbortSignal,
): Promise<Response> {
  const { method, path } = routeOf(name);
  const response = await send({
    method,
    path: path.replaceAll(/:(\w+)/g, (_, param: string) => encodeURIComponent(params[param] ?? '')),
    ...(body === undefined ? {} : { body: writeJson(body) }),
    signal: signal === undefined ? until : AbortSignal.any([until, signal]),
  });
  if (response.status < 400) return response;
  throw refusalOf(response.status, await response.text());
}

const unresponsive = (what: string, cause?: unknown): WorkerError =>
  new WorkerError('worker.unresponsive', `the running worker ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Read its log; restart it if it stays like this.',
  });

const incompatible = (name: RouteName): WorkerError =>
  new WorkerError('worker.incompatible', `the answer of the running worker to \`${name}\` cannot be read`, {
    hint: 'Restart the worker, so that it runs the same release as this command.',
  });

/** Who aborted says why; what a network throws says nothing to an operator. */
function failureOf(thrown: unknown, signal: AbortSignal | undefined): WorkerError {
  if (signal?.aborted === true) return toWorkerError(signal.reason);
  return thrown instanceof WorkerError ? thrown : unresponsive('cannot be reached', thrown);
}

/** Codes of the API that no failure of the worker has under the same name. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  unknown_model: 'model.not-found',
  insufficient_memory: 'local.unfit',
  not_possible: 'local.unfit',
  not_kept: 'local.unfit',
  busy: 'local.busy',
  model_disabled: 'local.unfit',
  not_found: 'worker.incompatible',
};

/** A refusal as the failure that it was in the worker, as far as its name tells. */
function refusalOf(status: number, text: string): WorkerError {
  const refusal = readRefusal(text);
  if (refusal === undefined) return unresponsive(`answered with status ${status}`);
  const { error, message, hint } = refusal;
  return new WorkerError(codeOf(error), message, hint === undefined ? {} : { hint });
}

const isErrorCode = (name: string): name is ErrorCode => Object.hasOwn(ERROR_CODES, name);

function codeOf(error: string): ErrorCode {
  const own = Object.keys(ERROR_CODES).filter(isErrorCode);
  return REFUSALS[error] ?? own.find((code) => code.replaceAll(/[.-]/g, '_') === error) ?? 'cli.usage';
}
