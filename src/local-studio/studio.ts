import { CLOSE } from '../contract/frames/close-codes.ts';
import type { Feature } from '../contract/frames/inbound.ts';
import { errorChain } from '../base/errors.ts';
import type { JobRowView, StudioFeedEvent } from '../contract/page/dashboard.ts';
import { promptPreview } from '../contract/tasks/index.ts';
import type { Logger } from '../log/logger.ts';
import { createEventFeed, type EventFeed } from '../page-host/feed.ts';
import { createSignIns, type SignIns } from '../page-host/sign-ins.ts';
import type { Clock, NextTurn } from '../system/clock.ts';
import type { ServerSocket, ServerSocketEvents } from '../system/net/server.ts';
import type { GuardedPost } from '../system/net/remote/guarded-post.ts';
import type { ProcessUsage } from '../system/process/process-memory.ts';
import type { Random } from '../system/random.ts';
import { changesIn, type TellChange } from './changes.ts';
import { watchDeadlines } from './deadlines.ts';
import { every } from './every.ts';
import { watchFreed } from './freed.ts';
import { createStudioPublisher } from './dashboard/publisher.ts';
import type { OperatorContext } from './http/operator/context.ts';
import { operatorRoutes } from './http/operator/index.ts';
import { viewOf } from './http/operator/job-view.ts';
import { studioStatus } from './http/operator/overview.ts';
import { currentWorker } from './http/operator/workers.ts';
import { createCallers } from './http/access/callers.ts';
import { createAllowedHosts } from './http/allowed-hosts.ts';
import { bearerOf, type Exchange, problem, Refusal, type Route } from './http/http.ts';
import { createDecisions, type Decisions } from './http/decisions.ts';
import type { ObjectionTo } from './http/objections.ts';
import { registrationRequestRoutes } from './http/registrations.ts';
import { DASHBOARD_CODE_MS, pageAccessRoutes } from './http/access/page-access.ts';
import { probeRoutes } from './http/probes.ts';
import { createRouter, type PageShell, type Router } from './http/router.ts';
import { uploadRoutes } from './http/uploads.ts';
import { GRACE_MS, STALE_MS, SWEEP_MS } from './queue/timing.ts';
import type { StudioBus } from './replicas/bus.ts';
import { onNews } from './replicas/on-news.ts';
import { startHousekeeping } from './retention.ts';
import { loseAllLapsed, restoreGraces } from './sessions/losses.ts';
import { logFailure, type StudioState } from './sessions/state.ts';
import { openWorkerSocket } from './sessions/worker-socket.ts';
import type { ArtifactStore } from './storage/artifacts.ts';
import { countedStore } from './metrics/counted-store.ts';
import { createFigureReader } from './metrics/figure-reader.ts';
import { countEnded, RESPONSE_CLASSES, type StudioTallies } from './metrics/studio-tallies.ts';
import { observedStore } from './storage/observed-store.ts';
import { type Dispatcher, startDispatcher } from './webhooks/dispatcher.ts';
import type { Hmac } from './webhooks/signature.ts';
import type { KeptPages } from './storage/sign-ins-file.ts';
import { type HashOf, sameHash } from './storage/secrets.ts';
import type { Store } from './storage/store.ts';
import type { JobRow } from './storage/tables/jobs.ts';
import type { WorkerRow } from './storage/tables/workers.ts';

/*
 * A studio is put together in one place: whatever starts here is also what `stop` ends.
 */

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
  /** Pages of the operator's that an earlier process let in, and what keeps those of this one. */
  readonly pages: KeptPages;
  /** The files of the operator's page; none is served when left out. */
  readonly shell?: PageShell | undefined;
  readonly nextTurn: NextTurn;
  /** Whether workers on this machine may register as often as they like; behind a proxy everybody seems to be here. */
  readonly sparesLoopback: boolean;
  /** Names in DNS that requests may be sent to; addresses and this machine's own loopback names always are. */
  readonly hostNames: readonly string[];
  /** What stands against a model or a job, whichever worker gets it. */
  readonly objectionTo: ObjectionTo;
  /** Milliseconds that artifacts are kept after their jobs ended; for ever when undefined. */
  readonly keepArtifactsMs?: number | undefined;
  /** Milliseconds that entries of the audit log are kept; for ever when undefined. */
  readonly keepAuditMs?: number | undefined;
  /** The way to webhooks, and what signs for them. */
  readonly poster: GuardedPost;
  readonly hmac: Hmac;
  /** What the welcome offers beyond the bare contract. */
  readonly features: readonly Feature[];
  /** How many jobs a worker may have in flight, at most `MAX_PARALLEL_JOBS`. */
  readonly maxParallelJobs: number;
  /** What is counted, from the opening of the data on. */
  readonly tallies: StudioTallies;
  /** What this process takes of the machine. */
  readonly usage: () => ProcessUsage;
}

/** The studio without its network: routes and rules, ready to be served. Its store is the caller's to close. */
export interface Studio {
  /** Tells this process from the others on its database, in the audit log. */
  readonly id: string;
  /** Answers a request; never rejects. */
  readonly answer: Router;
  /** Takes over a socket whose upgrade `answer` allowed. */
  openSocket(socket: ServerSocket, worker: WorkerRow): ServerSocketEvents;
  /** A code that opens the operator's page once, within ten minutes. */
  createPageCode(): string;
  /** It is reached there now: begins to deliver what names that place. */
  listensAt(url: string): void;
  /** Starts nothing any more, and leaves no timer behind. */
  stop(): void;
}

/**
 * Sets up the rules over a store, and gives workers the grace for what an earlier process left with them. When it rejects,
 * nothing is left armed.
 *
 * @throws the database's error, when it or the way to the other studios fails
 */
export async function createStudio(parts: StudioParts): Promise<Studio> {
  const { bus, clock, hashOf, nextTurn, random, pages: kept } = parts;
  const startedAt = clock.now();
  const studioId = random.hex(RUN_BYTES);
  using undo = new DisposableStack();
  const { studio, feed, stopTelling } = watched(parts, startedAt, studioId);
  undo.defer(() => stopState(studio));
  undo.defer(stopTelling);
  const pages = createSignIns({ clock, random, hashOf, known: kept.known, onChange: kept.keep });
  const decisions = createDecisions(clock);
  undo.defer(() => decisions.stop());
  await restoreGraces(studio);
  const unsubscribe = await bus.subscribe((news) => {
    onNews(studio, decisions, news);
    for (const change of changesIn(news)) studio.tell(change);
  });
  undo.defer(() => logFailure(studio, unsubscribe()));
  for (const stop of [startSweeps(studio), startHousekeeping({ ...parts, studioId }), watchFreed(studio)]) {
    undo.defer(stop);
  }
  const deadlines = undo.adopt(watchDeadlines(studio), (watch) => watch.stop());
  let dispatcher: Dispatcher | undefined;
  undo.defer(() => dispatcher?.stop());
  const opened = undo.move();
  return {
    id: studioId,
    answer: routerOf(parts, { studio, studioId, deadlines, decisions, pages, feed, startedAt }),
    openSocket: (socket, worker) =>
      openWorkerSocket({ studio, hashOf, nextTurn, newSessionId: () => random.hex(8) }, socket, worker),
    createPageCode: () => pages.createCode(DASHBOARD_CODE_MS).code,
    listensAt: (url) => {
      dispatcher ??= startDispatcher({ ...parts, webhooks: studio.store.webhooks, url });
    },
    stop: () => opened.dispose(),
  };
}

function stopState(studio: StudioState): void {
  studio.stopped = true;
  for (const grace of studio.graces.values()) grace.disarm();
}

/** Answers by the routes, and counts the answers. */
function routerOf(parts: StudioParts, rules: Rules): Router {
  const { log, hostNames, shell, tallies } = parts;
  const route = createRouter(routesOf(parts, rules), { log, allowsHost: createAllowedHosts(hostNames), shell });
  return (request, peer) => counted(tallies, route(request, peer));
}

async function counted({ responses }: StudioTallies, answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  const status = RESPONSE_CLASSES[Math.floor(response.status / 100)];
  if (status !== undefined) responses.add({ status });
  return response;
}

/** Bytes of random that tell one run of a studio from the next. */
const RUN_BYTES = 4;

/** The state of a studio whose changes are told in a feed of events. */
function watched(parts: StudioParts, startedAt: number, run: string) {
  const { bus, clock, log, features, maxParallelJobs, tallies } = parts;
  const tell: TellChange = (change) => publisher.onChange(change);
  const store = observedStore(countedStore(parts.store, tallies), tell);
  const studio: StudioState = {
    store,
    bus,
    clock,
    log,
    features,
    maxParallelJobs,
    tallies,
    tell,
    live: new Map(),
    removed: new Set(),
    graces: new Map(),
    stopped: false,
  };
  const status = () => studioStatus({ studio, startedAt });
  const feed: EventFeed<StudioFeedEvent> = createEventFeed<StudioFeedEvent>({
    clock,
    run,
    snapshot: async () => ({ event: 'status', data: await status() }),
  });
  const publisher = createStudioPublisher({
    feed,
    clock,
    status,
    job: async (jobId) => jobRow(studio, await store.jobs.get(jobId)),
    worker: async (workerId) => currentWorker(studio, await store.workers.get(workerId)),
    onFailure: (thrown) => log.error('studio.failed', { error: errorChain(thrown) }),
  });
  const uncount = store.figures.onEnded((jobs) => countEnded(tallies, jobs));
  const stopTelling = (): void => {
    uncount();
    publisher[Symbol.dispose]();
    feed.close();
  };
  return { studio, feed, stopTelling };
}

const jobRow = async (studio: StudioState, row: JobRow | undefined): Promise<JobRowView | undefined> => {
  if (row === undefined) return undefined;
  const shown = { ...row, prompt: promptPreview(row.prompt) };
  const { result: _long, ...view } = await viewOf(studio, shown, { is: 'operator', by: 'dashboard' });
  return view;
};

interface Rules extends Pick<OperatorContext, 'studio' | 'studioId' | 'feed' | 'startedAt' | 'deadlines'> {
  readonly decisions: Decisions;
  readonly pages: SignIns;
}

function routesOf(parts: StudioParts, rules: Rules): readonly Route[] {
  const { studio, decisions, pages } = rules;
  const authorize = authorizer(parts);
  const callers = createCallers({ ...parts, tokens: studio.store.tokens, pages });
  const readFigures = createFigureReader(studio.store.figures, parts.clock);
  return [
    ...probeRoutes({ ...parts, studio }),
    ...registrationRequestRoutes({ ...parts, store: studio.store, decisions }),
    {
      method: 'GET',
      path: '/workers/:id/connect',
      handle: async (exchange) => exchange.peer.upgrade(await authorize(exchange, 'tell the removed')),
    },
    ...uploadRoutes({ ...parts, studio, authorize }),
    ...pageAccessRoutes(pages, callers),
    ...operatorRoutes({ ...parts, ...rules, callers, readFigures }, callers),
  ];
}

/** Checks a worker's token. A removed worker that wants a socket reads that it was removed, and may register anew. */
const authorizer =
  ({ store, hashOf }: StudioParts) =>
  async ({ request, params }: Exchange, who?: 'tell the removed'): Promise<WorkerRow> => {
    const worker = await store.workers.get(params['id'] ?? '');
    const known = worker !== undefined && sameHash(hashOf(bearerOf(request) ?? ''), worker.tokenHash);
    if (known && !worker.removed) return worker;
    if (known && who !== undefined) throw new Refusal(problem(404, 'not-found', 'worker not found'));
    throw new Refusal(problem(401, 'unauthorized', 'the token is not that of the worker'));
  };

function startSweeps(studio: StudioState): () => void {
  const startedMs = studio.clock.elapsed();
  return every(studio.clock, SWEEP_MS, () => sweep(studio, startedMs));
}

/** Ends sessions without a heartbeat; their sockets are cut, since nobody is there to read a close frame. */
function sweep(studio: StudioState, startedMs: number): void {
  for (const session of studio.live.values()) {
    const silentMs = Math.round(studio.clock.elapsed() - session.lastBeat.elapsedMs);
    if (silentMs <= STALE_MS) continue;
    studio.log.warn('session.stale', { workerId: session.workerId, silentMs });
    session.end(CLOSE.abnormal, 'no heartbeat');
  }
  // At first every hold may have run out, when all studios were away: workers have the grace to come back.
  if (studio.bus.isShared && studio.clock.elapsed() - startedMs > GRACE_MS) logFailure(studio, loseAllLapsed(studio));
}
