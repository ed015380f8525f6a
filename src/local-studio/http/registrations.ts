import {
  BootstrapRequestSchema,
  LONG_POLL,
  type PollAnswer,
  type RegisterRequest,
  RegisterRequestSchema,
} from '../../contract/registration.ts';
import { SECOND_MS } from '../../base/units.ts';
import { toWorkerId } from '../../base/ids.ts';
import { isLoopback } from '../../base/urls.ts';
import { writeJson } from '../../contract/json.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import { ANONYMOUS_BODY, bearerOf, type Exchange, json, problem, readBody, type Route } from './http.ts';
import type { Decisions } from './decisions.ts';
import { createRateLimit } from './rate-limit.ts';
import { type HashOf, newToken, sameHash } from '../storage/secrets.ts';
import type { Store } from '../storage/store.ts';

/** What the registration routes work with. */
export interface RegistrationDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly random: Pick<Random, 'hex'>;
  readonly log: Logger;
  readonly hashOf: HashOf;
  readonly decisions: Pick<Decisions, 'until'>;
  /** Whether this machine's own workers are spared the rate limit. */
  readonly sparesLoopback: boolean;
}

/** The two ways to become a worker: to ask and wait for the operator, or to show an operator's bootstrap token. */
export function registrationRequestRoutes(deps: RegistrationDeps): readonly Route[] {
  // One each: whoever asks too often must not shut a bootstrap token behind the same address out, nor the reverse.
  const [limitedAsking, limitedBootstrap] = [createGate(deps), createGate(deps)];
  return [
    {
      method: 'POST',
      path: '/workers/register-request',
      handle: async (exchange) => limitedAsking(exchange) ?? ask(deps, exchange),
    },
    { method: 'GET', path: '/workers/register-requests/:requestId', handle: (exchange) => poll(deps, exchange) },
    {
      method: 'POST',
      path: '/workers/register',
      handle: async (exchange) => limitedBootstrap(exchange) ?? bootstrap(deps, exchange),
    },
  ];
}

/**
 * Who may not go on, and why. A page in a browser can send a form or plain text anywhere, but JSON only to where it is
 * allowed to (Fetch Standard, CORS): so a body must be declared as JSON, and no page registers by somebody's browser.
 */
function createGate({ clock, sparesLoopback }: RegistrationDeps): (exchange: Exchange) => Response | undefined {
  const limit = createRateLimit(() => clock.elapsed());
  return ({ request, peer }) => {
    if (!isJson(request)) {
      return problem(415, 'unsupported-media-type', 'the content type must be application/json', { accept: JSON_TYPE });
    }
    if (sparesLoopback && isLoopback(peer.address)) return undefined;
    const waitSeconds = limit(peer.address);
    return waitSeconds === undefined
      ? undefined
      : problem(429, 'rate-limited', 'too many registrations', { 'retry-after': String(waitSeconds) });
  };
}

const JSON_TYPE = 'application/json';

const isJson = ({ headers }: Request): boolean =>
  (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() === JSON_TYPE;

/** Idempotent: the same installation with the same secret gets the request that waits already. */
async function ask({ store, clock, random, log }: RegistrationDeps, { request }: Exchange): Promise<Response> {
  const asked = await readBody(request, RegisterRequestSchema, ANONYMOUS_BODY);
  const waiting = await store.registrations.pendingOf(asked.installId);
  // Another secret is another requester: who asked first must not be handed this one's approval, nor the reverse.
  if (waiting !== undefined && sameHash(waiting.secretHash, asked.registrationSecretHash)) {
    return json({ requestId: waiting.requestId, ...PENDING });
  }
  const requestId = `rr-${random.hex(16)}`;
  await store.registrations.add({ ...rowOf(asked), requestId, createdAt: clock.now() });
  log.info('registration.requested', { requestId, machine: asked.capabilities.machineName });
  return json({ requestId, ...PENDING }, 201);
}

const rowOf = (asked: RegisterRequest) => ({
  installId: asked.installId,
  secretHash: asked.registrationSecretHash,
  capabilities: writeJson(asked.capabilities),
  state: 'pending' as const,
  reason: '',
  workerId: undefined,
});

const PENDING = { status: 'pending', features: [LONG_POLL] } as const satisfies PollAnswer;
/** Shorter than what a connection may be idle. */
const MAX_WAIT_SECONDS = 60;

/**
 * Each poll of an approved request mints a token and forgets the one before, so a lost answer costs nothing. One that
 * prefers to wait is answered when there is a decision.
 */
async function poll(deps: RegistrationDeps, { request, params }: Exchange): Promise<Response> {
  const { store, random, hashOf, decisions } = deps;
  const requestId = params['requestId'] ?? '';
  const found = await store.registrations.get(requestId);
  if (found === undefined) return problem(404, 'not-found', 'no such registration request');
  if (!sameHash(hashOf(bearerOf(request) ?? ''), found.secretHash)) {
    return problem(401, 'unauthorized', 'the secret is not that of the request');
  }
  const waitMs = waitOf(request);
  const isHeld = found.state === 'pending' && waitMs > 0;
  if (isHeld) await decisions.until(requestId, waitMs);
  const asked = isHeld ? await store.registrations.get(requestId) : found;
  if (request.signal.aborted || asked === undefined) return json(PENDING); // a token would end one that arrived
  if (asked.state === 'rejected') return json({ status: 'rejected', reason: asked.reason } satisfies PollAnswer);
  if (asked.state === 'pending' || asked.workerId === undefined) return json(PENDING);
  const authToken = newToken(random);
  await store.workers.setToken(asked.workerId, hashOf(authToken));
  return json({ status: 'approved', workerId: toWorkerId(asked.workerId), authToken } satisfies PollAnswer);
}

/** How long a poll prefers to wait for its answer, in milliseconds (RFC 7240 §4.3). */
function waitOf(request: Request): number {
  const [, seconds = '0'] = /(?:^|[,;\s])wait=(\d{1,4})\b/i.exec(request.headers.get('prefer') ?? '') ?? [];
  return Math.min(Number(seconds), MAX_WAIT_SECONDS) * SECOND_MS;
}

async function bootstrap(deps: RegistrationDeps, { request, peer }: Exchange): Promise<Response> {
  const { store, clock, random, log, hashOf } = deps;
  const asked = await readBody(request, BootstrapRequestSchema, ANONYMOUS_BODY);
  if (!(await store.registrations.spendBootstrapToken(hashOf(asked.bootstrapToken), clock.now()))) {
    return problem(401, 'unauthorized', 'the bootstrap token is unknown, spent or expired');
  }
  const known = asked.workerId === undefined ? undefined : await store.workers.get(asked.workerId);
  const workerId = known === undefined || known.removed ? `w-${random.hex(8)}` : known.id;
  const capabilities = writeJson(asked.capabilities);
  const joined = {
    actor: 'bootstrap-token',
    action: 'worker.approved',
    subject: workerId,
    address: peer.address,
  } as const;
  const at = clock.now();
  await store
    .audited({ at, ...joined })
    .workers.put({ id: workerId, installId: undefined, capabilities, createdAt: at });
  const authToken = newToken(random);
  await store.workers.setToken(workerId, hashOf(authToken));
  log.info('worker.approved', { workerId, by: 'bootstrap-token' });
  return json({ workerId, authToken }, 201);
}
