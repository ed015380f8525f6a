import { errorChain } from '../../base/errors.ts';
import { retryAfterMs } from '../../base/http-answer.ts';
import { USER_AGENT } from '../../base/version.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import { writeJson } from '../../contract/json.ts';
import type { Read } from '../../contract/read.ts';
import {
  type BootstrapRequest,
  LONG_POLL,
  readBootstrapAnswer,
  readPollAnswer,
  readRegisterAnswer,
  type RegisterRequest,
} from '../../contract/registration.ts';
import { studioUrl } from '../../contract/routes.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Http, HttpResponse } from '../../system/net/http.ts';
import type { Approval, Failed, PollResult, RequestResult } from './machine.ts';

/*
 * Three calls that can end in a dozen ways. Each way is a value with a name, because what follows from it (poll, wait,
 * start over, give up) is the machine's to decide and nobody else's.
 */

/** How a bootstrap ended. */
export type BootstrapResult =
  | ({ readonly is: 'approved' } & Approval)
  /** 401 or 403: the studio rejects this bootstrap token. */
  | { readonly is: 'unauthorized'; readonly message: string }
  | Failed;

/** The three HTTP calls of registration. Every way a call can end is a value; none of them throws. */
export interface RegistrationClient {
  request(about: RegistrationFacts, signal: AbortSignal): Promise<RequestResult>;
  poll(about: PollFacts, signal: AbortSignal): Promise<PollResult>;
  bootstrap(about: BootstrapFacts, signal: AbortSignal): Promise<BootstrapResult>;
}

export type RegistrationFacts = Pick<RegisterRequest, 'installId' | 'registrationSecretHash' | 'capabilities'>;
/** What a poll sends. */
export interface PollFacts {
  readonly requestId: string;
  readonly secret: string;
  /** Whether the studio is asked to hold its answer until there is a decision. */
  readonly longPoll: boolean;
}
/** What a bootstrap sends. */
export interface BootstrapFacts {
  readonly token: string;
  readonly capabilities: Capabilities;
  /** The identity to keep, when there is one. */
  readonly workerId?: string;
}

export interface RegistrationClientOptions {
  readonly http: Http;
  /** The operator's `api_base_url`; read at each call, so that an edited one counts from the next. */
  readonly baseUrl: () => string;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly log: Logger;
}

/** One call. `op` names it in errors and logs (studio contract). */
interface Call {
  readonly op: 'register-request' | 'register-poll' | 'register';
  readonly method: 'GET' | 'POST';
  readonly route: string;
  /** Secret or token; also what is blanked out of anything we quote. */
  readonly bearer?: string;
  readonly body?: RegisterRequest | BootstrapRequest;
  /** How long the studio is asked to hold its answer. */
  readonly waitSeconds?: number;
}
type Answered<T> = { readonly is: 'read'; readonly value: T } | Failed;

/** A call without a byte for this long has stalled and is cut; the driver bounds the whole call besides. */
const STALL_MS = 30_000;
/** Shorter than a stall, and than what proxies commonly allow. */
const LONG_POLL_SECONDS = 25;
/** As much of a studio's answer as an error message quotes. */
const BODY_CHARACTERS = 2_000;

/** The real client. Each call is one request: whether to retry is the machine's decision. */
export function createRegistrationClient(options: RegistrationClientOptions): RegistrationClient {
  return {
    async request({ installId, registrationSecretHash, capabilities }, signal) {
      const body: RegisterRequest = { installId, registrationSecretHash, capabilities, userAgent: USER_AGENT };
      const call: Call = { op: 'register-request', method: 'POST', route: '/workers/register-request', body };
      const answer = await exchange(call, readRegisterAnswer, signal, options);
      if (answer.is === 'failed') return answer;
      const { requestId: asked, features } = answer.value;
      return { is: 'pending', requestId: asked, longPoll: holdsPolls(features) };
    },

    async poll({ requestId, secret, longPoll }, signal) {
      const route = `/workers/register-requests/${encodeURIComponent(requestId)}`;
      const wait = longPoll ? { waitSeconds: LONG_POLL_SECONDS } : {};
      const call: Call = { op: 'register-poll', method: 'GET', route, bearer: secret, ...wait };
      const answer = await exchange(call, readPollAnswer, signal, options);
      if (answer.is === 'read') return toPollResult(answer.value);
      if (answer.status === 404) return { is: 'unknown', message: answer.message };
      return answer.status === 401 ? { is: 'unauthorized', message: answer.message } : answer;
    },

    async bootstrap({ token, capabilities, workerId }, signal) {
      const body: BootstrapRequest = {
        bootstrapToken: token,
        capabilities,
        ...(workerId !== undefined && { workerId }),
      };
      const call: Call = { op: 'register', method: 'POST', route: '/workers/register', bearer: token, body };
      const answer = await exchange(call, readBootstrapAnswer, signal, options);
      if (answer.is === 'read') return { is: 'approved', ...answer.value };
      const rejected = answer.status === 401 || answer.status === 403;
      return rejected ? { is: 'unauthorized', message: answer.message } : answer;
    },
  };
}

const holdsPolls = (features: readonly string[] | undefined): boolean => features?.includes(LONG_POLL) === true;

type ReadPoll = Extract<ReturnType<typeof readPollAnswer>, { is: 'read' }>['value'];

function toPollResult(answer: ReadPoll): PollResult {
  switch (answer.status) {
    case 'pending':
      return { is: 'pending', longPoll: holdsPolls(answer.features) };
    case 'approved':
      return { is: 'approved', workerId: answer.workerId, authToken: answer.authToken };
    case 'rejected':
      return { is: 'rejected', reason: answer.reason };
    default:
      return answer satisfies never;
  }
}

/** Makes one call and reads its answer; logs one line, whichever way it went. */
async function exchange<T>(
  call: Call,
  readBody: (text: string) => Read<T>,
  signal: AbortSignal,
  options: RegistrationClientOptions,
): Promise<Answered<T>> {
  const { clock, log } = options;
  const startedMs = clock.elapsed();
  const { response, answer } = await attempt(call, readBody, signal, options);
  const elapsedMs = Math.round(clock.elapsed() - startedMs);
  const fields = { op: call.op, endpoint: call.route, status: response?.status, elapsedMs };
  // Whoever made the call logs what a failure means, at its own level: logged twice it would read as two.
  if (answer.is === 'read') log.debug('call.answered', fields);
  else log.debug('call.failed', { ...fields, error: answer.message });
  return answer;
}

async function attempt<T>(
  call: Call,
  readBody: (text: string) => Read<T>,
  signal: AbortSignal,
  { http, baseUrl, clock }: RegistrationClientOptions,
): Promise<{ readonly response?: HttpResponse; readonly answer: Answered<T> }> {
  const url = studioUrl(baseUrl(), call.route);
  if (url === undefined) return { answer: failed(call, 'api_base_url is not an http(s) address') };
  try {
    const { body, bearer, method, waitSeconds } = call;
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
    };
    const bytes = body === undefined ? {} : { body: [new TextEncoder().encode(writeJson(body))] };
    const response = await http.request({ method, url, headers, ...bytes, stallMs: STALL_MS, signal });
    return { response, answer: readResponse(call, response, readBody, clock.now()) };
  } catch (thrown) {
    // The seam of this client: no answer at all, for whatever reason, is one of the expected outcomes.
    return { answer: failed(call, errorChain(thrown)) };
  }
}

function readResponse<T>(
  call: Call,
  response: HttpResponse,
  readBody: (text: string) => Read<T>,
  nowMs: number,
): Answered<T> {
  const { status, statusText, headers } = response;
  const text = new TextDecoder().decode(response.body);
  const reason = `${status} ${statusText}`.trimEnd();
  if (status < 200 || status > 299) {
    const retryMs = status === 429 || status >= 500 ? retryAfterMs(headers['retry-after'], nowMs) : undefined;
    const failure = failed(call, `${reason} — ${text.slice(0, BODY_CHARACTERS)}`);
    return { ...failure, status, ...(retryMs !== undefined && { retryAfterMs: retryMs }) };
  }
  const answer = readBody(text);
  // The body of a 2xx may hold a token, so an unreadable one is described and never quoted.
  return answer.is === 'read'
    ? answer
    : { ...failed(call, `${reason} — unreadable answer: ${answer.problem}`), status };
}

/** A failure with the contract's message. A studio that echoes our secret must not carry it into the log. */
function failed({ op, bearer }: Call, reason: string): Failed {
  const message = `${op} failed: ${bearer === undefined || bearer === '' ? reason : reason.replaceAll(bearer, '…')}`;
  return { is: 'failed', message };
}
