import type { LocalApiDeps } from './deps.ts';
import type { ApiEvent } from './contract/events.ts';
import { createEventFeed } from '../page-host/feed.ts';
import { createPublisher } from './events/publisher.ts';
import { createFacts, findJob } from './handlers/facts.ts';
import { createMetrics } from './handlers/metrics.ts';
import { createPulls } from './models/pulls.ts';
import type { Answerer, ApiParts } from './parts.ts';
import { liveStatus } from './view/status-view.ts';
import type { WorkerStatus } from '../worker/status.ts';

/** The HTTP API of one running worker. Disposing it ends the streams of events, and the downloads that it began. */
export interface LocalApi extends AsyncDisposable {
  readonly answer: Answerer;
}

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
  let opening: Promise<Answerer> | undefined;
  const open = async (): Promise<Answerer> => {
    const { createAnswer } = await import('./answer.ts');
    return createAnswer(deps, { facts, feed, metrics, pulls, stopping: stopping.signal });
  };
  return {
    // All that a request may need is loaded with the first one: a start would wait for it, and often nobody ever asks.
    answer: async (request, peer) => await (await (opening ??= open()))(request, peer),
    async [Symbol.asyncDispose]() {
      unfollow();
      feed.close();
      stopping.abort();
      await pulls.close();
    },
  };
}

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
