import { CLOSE } from '../contract/frames/close-codes.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import { adminRoutes } from './http/admin/index.ts';
import type { ArtifactStore } from './storage/artifacts.ts';
import { completingRoutes, type UploadFaults } from './http/uploads.ts';
import { restoreClaims } from './sessions/claims.ts';
import type { SocketFaults } from './sessions/connection.ts';
import type { Desk, StudioEvent } from './sessions/state.ts';
import { bearerOf, type Exchange, json, problem, Refusal, type Route } from './http/http.ts';
import { STALE_MS, SWEEP_MS } from './queue.ts';
import { registeringRoutes } from './http/registrations.ts';
import { type Answer, createRouter } from './http/router.ts';
import { type HashOf, sameHash } from './storage/secrets.ts';
import type { Store, WorkerRow } from './storage/store.ts';

/** Where a test makes a studio misbehave. None of it is set in the product. */
export interface StudioFaults extends SocketFaults, UploadFaults {
  /** Answers an upgrade instead of the studio. */
  readonly refusesUpgrade?: (workerId: string) => Response | undefined;
  /** A studio without `resume`: a claim ends with its socket. */
  readonly withoutResume?: boolean;
}

export interface StudioParts {
  readonly store: Store;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly hashOf: HashOf;
  readonly operatorToken: string;
  /** Calls back when what is under way, such as an answer, has been handed over. */
  readonly soon: (call: () => void) => void;
  readonly sparesLoopback: boolean;
  readonly faults: StudioFaults;
  readonly emit: (event: StudioEvent) => void;
  /** Turns a request into a worker's socket, or answers why not. */
  readonly upgrade: (request: Request, worker: WorkerRow) => Response;
}

/** The studio without its door: routes and rules, ready to be served. */
export interface StudioCore {
  readonly desk: Desk;
  readonly answer: Answer;
  stop(): void;
}

export async function createStudio(parts: StudioParts): Promise<StudioCore> {
  const { store, clock, log, emit, faults } = parts;
  const resumes = faults.withoutResume !== true;
  const desk: Desk = { store, clock, log, emit, resumes, live: new Map(), kept: new Map(), stopped: false };
  await restoreClaims(desk);
  const disarmSweep = every(clock, SWEEP_MS, () => sweep(desk));
  return {
    desk,
    answer: createRouter(routesOf(parts, desk), log),
    stop: () => {
      desk.stopped = true;
      disarmSweep();
      for (const kept of desk.kept.values()) kept.disarm();
    },
  };
}

function routesOf(parts: StudioParts, desk: Desk): readonly Route[] {
  const authorize = authorizer(parts);
  const { artifacts, clock, random, hashOf, soon, faults } = parts;
  return [
    { method: 'GET', path: '/healthz', atRoot: true, handle: () => json({ ok: true }) },
    ...registeringRoutes(parts),
    {
      method: 'GET',
      path: '/workers/:id/connect',
      handle: async (exchange) => {
        const refusal = faults.refusesUpgrade?.(exchange.params['id'] ?? '');
        return refusal ?? parts.upgrade(exchange.request, await authorize(exchange, 'deleted too'));
      },
    },
    ...completingRoutes({ desk, artifacts, authorize, soon, faults }),
    ...adminRoutes({ desk, artifacts, clock, random, hashOf, startedAt: clock.now() }, parts.operatorToken),
  ];
}

/** Checks a worker's token. A deleted worker may still open a socket, where it can be told that it was deleted. */
const authorizer =
  ({ store, hashOf }: StudioParts) =>
  async ({ request, params }: Exchange, who?: 'deleted too'): Promise<WorkerRow> => {
    const worker = await store.workers.get(params['id'] ?? '');
    const known = worker !== undefined && sameHash(hashOf(bearerOf(request) ?? ''), worker.tokenHash);
    if (known && (!worker.deleted || who === 'deleted too')) return worker;
    throw new Refusal(problem(401, 'unauthorized', 'the token is not that of the worker'));
  };

/** Ends sessions whose worker has gone silent; it is cut, since nobody is there to read a goodbye. */
function sweep(desk: Desk): void {
  for (const session of desk.live.values()) {
    const silentMs = desk.clock.now() - session.lastBeatAt;
    if (silentMs <= STALE_MS) continue;
    desk.log.warn('session.stale', { workerId: session.workerId, silentMs });
    session.end(CLOSE.abnormal, 'no heartbeat');
  }
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
