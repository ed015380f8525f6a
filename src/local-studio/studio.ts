import { CLOSE } from '../contract/frames/close-codes.ts';
import type { Feature } from '../contract/frames/inbound.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock, NextTurn } from '../system/clock.ts';
import type { ServerSocket, ServerSocketEvents } from '../system/net/server.ts';
import type { Random } from '../system/random.ts';
import { adminRoutes } from './http/admin/index.ts';
import { createAllowedHosts } from './http/allowed-hosts.ts';
import { bearerOf, type Exchange, json, problem, Refusal, type Route } from './http/http.ts';
import { createDecisions, type Decisions } from './http/decisions.ts';
import type { ObjectionTo } from './http/objections.ts';
import { registrationRequestRoutes } from './http/registrations.ts';
import { createRouter, type Router } from './http/router.ts';
import { uploadRoutes } from './http/uploads.ts';
import { GRACE_MS, STALE_MS, SWEEP_MS } from './queue.ts';
import type { StudioBus } from './replicas/bus.ts';
import { onNews } from './replicas/on-news.ts';
import { loseAllLapsed, restoreLeases } from './sessions/leases.ts';
import { createRejections } from './sessions/rejections.ts';
import { logFailure, type StudioState } from './sessions/state.ts';
import { openWorkerSocket } from './sessions/worker-socket.ts';
import type { ArtifactStore } from './storage/artifacts.ts';
import { type HashOf, sameHash } from './storage/secrets.ts';
import type { Store, WorkerRow } from './storage/store.ts';

/** What a studio is made of. */
export interface StudioParts {
  readonly store: Store;
  /** The other studios on its database. */
  readonly bus: StudioBus;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly hashOf: HashOf;
  readonly operatorToken: string;
  readonly nextTurn: NextTurn;
  /** Whether workers on this machine may register as often as they like; behind a proxy everybody seems to be here. */
  readonly sparesLoopback: boolean;
  /** Names in DNS that requests may be sent to; addresses and this machine's own loopback names always are. */
  readonly hostNames: readonly string[];
  /** What stands against a model or a job, whichever worker gets it. */
  readonly objectionTo: ObjectionTo;
  /** What the welcome offers beyond the bare contract. */
  readonly features: readonly Feature[];
}

/** The studio without its network: routes and rules, ready to be served. Its store is the caller's to close. */
export interface Studio {
  /** Answers a request; never rejects. */
  readonly answer: Router;
  /** Takes over a socket whose upgrade `answer` allowed. */
  openSocket(socket: ServerSocket, worker: WorkerRow): ServerSocketEvents;
  /** Starts nothing any more, and leaves no timer behind. */
  stop(): void;
}

/** Sets up the rules over a store, and leases what an earlier process left with workers. */
export async function createStudio(parts: StudioParts): Promise<Studio> {
  const { store, bus, clock, log, features, hashOf, nextTurn, random } = parts;
  const nobody = { live: new Map(), deleted: new Set<string>(), leases: new Map() };
  const rejections = createRejections();
  const studio: StudioState = { store, bus, clock, log, features, rejections, ...nobody, stopped: false };
  await restoreLeases(studio);
  const startedMs = clock.elapsed();
  const disarmSweep = every(clock, SWEEP_MS, () => sweep(studio, startedMs));
  const decisions = createDecisions(clock);
  const unsubscribe = await bus.subscribe((news) => onNews(studio, decisions, news));
  return {
    answer: createRouter(routesOf(parts, studio, decisions), { log, allowsHost: createAllowedHosts(parts.hostNames) }),
    openSocket: (socket, worker) =>
      openWorkerSocket({ studio, hashOf, nextTurn, newSessionId: () => random.hex(8) }, socket, worker),
    stop: () => {
      logFailure(studio, unsubscribe());
      studio.stopped = true;
      disarmSweep();
      decisions.stop();
      for (const lease of studio.leases.values()) lease.disarm();
    },
  };
}

function routesOf(parts: StudioParts, studio: StudioState, decisions: Decisions): readonly Route[] {
  const authorize = authorizer(parts);
  const { artifacts, clock, random, hashOf, nextTurn, objectionTo } = parts;
  return [
    { method: 'GET', path: '/healthz', atRoot: true, handle: () => json({ ok: true }) },
    ...registrationRequestRoutes({ ...parts, decisions }),
    {
      method: 'GET',
      path: '/workers/:id/connect',
      handle: async (exchange) => exchange.peer.upgrade(await authorize(exchange, 'tell the deleted')),
    },
    ...uploadRoutes({ studio, artifacts, authorize, nextTurn }),
    ...adminRoutes(
      { studio, artifacts, clock, random, hashOf, decisions, objectionTo, startedAt: clock.now() },
      parts.operatorToken,
    ),
  ];
}

/** Checks a worker's token. A deleted worker that wants a socket reads that it was deleted, and may register anew. */
const authorizer =
  ({ store, hashOf }: StudioParts) =>
  async ({ request, params }: Exchange, who?: 'tell the deleted'): Promise<WorkerRow> => {
    const worker = await store.workers.get(params['id'] ?? '');
    const known = worker !== undefined && sameHash(hashOf(bearerOf(request) ?? ''), worker.tokenHash);
    if (known && !worker.deleted) return worker;
    if (known && who !== undefined) throw new Refusal(problem(404, 'not-found', 'worker not found'));
    throw new Refusal(problem(401, 'unauthorized', 'the token is not that of the worker'));
  };

/** Ends sessions without a heartbeat; their sockets are cut, since nobody is there to read a close frame. */
function sweep(studio: StudioState, startedMs: number): void {
  for (const session of studio.live.values()) {
    const silentMs = Math.round(studio.clock.elapsed() - session.lastBeat.elapsedMs);
    if (silentMs <= STALE_MS) continue;
    studio.log.warn('session.stale', { workerId: session.workerId, silentMs });
    session.end(CLOSE.abnormal, 'no heartbeat');
  }
  // At first every lease may have run out, when all studios were away: workers have the grace to come back.
  if (studio.bus.isShared && studio.clock.elapsed() - startedMs > GRACE_MS) logFailure(studio, loseAllLapsed(studio));
}

function every(clock: Clock, ms: number, call: () => void): () => void {
  let disarm = (): void => {};
  const arm = (): void => {
    disarm = clock.after(ms, () => {
      arm();
      call();
    });
  };
  arm();
  return () => disarm();
}
