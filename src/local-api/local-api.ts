import type { ServerPeer } from '../system/net/server.ts';
import type { ApiEvent } from './contract/events.ts';
import type { LocalApiDeps } from './deps.ts';
import { createEventFeed, type EventFeed } from '../page-host/feed.ts';
import { createPublisher } from './events/publisher.ts';
import { configHandlers } from './handlers/config.ts';
import { controlHandlers } from './handlers/control.ts';
import { daemonHandlers } from './handlers/daemon.ts';
import { type ApiFacts, createFacts, findJob } from './handlers/facts.ts';
import { jobHandlers } from './handlers/jobs.ts';
import { createMetrics, type Metrics } from './handlers/metrics.ts';
import { modelHandlers } from './handlers/models.ts';
import { oneOffHandlers } from './handlers/one-off.ts';
import { openAiHandlers } from './handlers/openai.ts';
import { pageHandlers } from './handlers/page.ts';
import { createPageSessions } from '../page-host/sessions.ts';
import { jsonReply, SAFE_HEADERS } from './http/reply.ts';
import { createRouter } from './http/router.ts';
import { createLoads, type Loads } from './models/loads.ts';
import { withOpenAiErrors } from './openai/errors.ts';
import { createPulls, type Pulls } from './models/pulls.ts';
import { liveStatus } from './view/status-view.ts';
import type { WorkerStatus } from '../worker/status.ts';

/** The HTTP API of one running worker. Disposing it ends the streams of events, and the downloads that it began. */
export interface LocalApi extends AsyncDisposable {
  /** Never rejects. */
  answer(request: Request, peer: ServerPeer): Promise<Response>;
}

/** Cookies of 127.0.0.1 are shared by all its ports: each worker of a machine has its own. */
const cookieNameOf = (url: string): string => `studio-worker-session-${URL.parse(url)?.port ?? ''}`;

/** Bytes of random that tell one run of a worker from the next. */
const RUN_BYTES = 4;

export function createLocalApi(deps: LocalApiDeps, status: () => WorkerStatus): LocalApi {
  const facts = createFacts(deps);
  const feed = createEventFeed<ApiEvent>({
    clock: deps.clock,
    run: deps.random.hex(RUN_BYTES),
    snapshot: async () => ({ event: 'status', data: liveStatus(await facts.read()) }),
  });
  const pulls = createPulls({
    store: deps.models.store,
    clock: deps.clock,
    onChange: (id, pull) => feed.publish({ event: 'pull', data: { id, pull } }),
  });
  const stopping = new AbortController();
  const metrics = createMetrics(deps, facts, pulls);
  const unfollow = follow(deps, { facts, feed, metrics, status });
  return {
    answer: routerOf(deps, { facts, feed, metrics, pulls, stopping: stopping.signal }),
    async [Symbol.asyncDispose]() {
      unfollow();
      feed.close();
      stopping.abort();
      await pulls.close();
    },
  };
}

interface ApiParts {
  readonly facts: ApiFacts;
  readonly feed: EventFeed<ApiEvent>;
  readonly metrics: Metrics;
  readonly pulls: Pulls;
  /** Ends what would go on for ever. */
  readonly stopping: AbortSignal;
}

const loadsOf = ({ control, events, clock }: LocalApiDeps): Loads =>
  createLoads({ control, events, now: () => clock.now() });

/** What happens in the worker goes to the books first, so that what is published knows of it. */
function follow(
  { clock, events, log, machine }: LocalApiDeps,
  { facts, feed, metrics, status }: Omit<ApiParts, 'pulls' | 'stopping'> & { readonly status: () => WorkerStatus },
): () => void {
  const publisher = createPublisher({
    feed,
    clock,
    readStatus: async () => liveStatus(await facts.read()),
    viewJob: (job) => facts.viewJob(job),
    findJob: (jobId) => findJob(status(), jobId),
    refreshMemory: () => machine.refreshMemory(),
  });
  const subscription = events.subscribe((event) => {
    facts.onEvent(event);
    metrics.onEvent(event);
    publisher.onEvent(event);
  });
  const unsubscribe = log.onLine((line) => {
    facts.jobLogs.onLine(line.item);
    publisher.onLine(line);
  });
  return () => {
    unsubscribe();
    subscription[Symbol.dispose]();
    publisher[Symbol.dispose]();
  };
}

function routerOf(deps: LocalApiDeps, { facts, feed, metrics, pulls, stopping }: ApiParts): LocalApi['answer'] {
  const { clock, random, hashOf, log, token, url, shell } = deps;
  const pages = createPageSessions({ clock, random, hashOf, known: deps.pages.known, onChange: deps.pages.keep });
  const cookieName = (): string => cookieNameOf(url());
  const answer = createRouter({
    handlers: {
      ...daemonHandlers(deps, facts),
      ...configHandlers(deps),
      ...controlHandlers(deps.control, stopping),
      ...jobHandlers(deps, facts),
      ...modelHandlers({ deps, loads: loadsOf(deps), pulls }),
      ...oneOffHandlers(deps),
      ...openAiHandlers(deps),
      ...pageHandlers(deps, pages, cookieName),
      metrics: () => metrics.metrics(),
      openApi,
      events: ({ request }) => eventsReply(feed, request),
    },
    secrets: () => ({ token, cookieName: cookieName(), isPageSession: (value) => pages.isOpen(value) }),
    log: log.logger,
    ...(shell === undefined ? {} : { shell }),
  });
  return withOpenAiErrors(answer);
}

/** Made when somebody asks: nobody does but people who write a client. */
const openApi = async (): Promise<Response> =>
  jsonReply((await import('./contract/openapi/document.ts')).openApiDocument());

const eventsReply = (feed: EventFeed<ApiEvent>, request: Request): Response =>
  new Response(feed.open(request.headers.get('last-event-id') ?? undefined), {
    headers: { ...SAFE_HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
  });
