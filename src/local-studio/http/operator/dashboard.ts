import { dayStart, HOURS } from '../../../base/time/hours.ts';
import { canTake } from '../../../contract/capabilities.ts';
import { DASHBOARD_ROUTES as routes, type OverviewView } from '../../../contract/page/dashboard.ts';
import { dayOf } from '../../dashboard/day.ts';
import { json } from '../http.ts';
import { projectEvent, whileAllowed } from '../access/project-feed.ts';
import type { OperatorContext, OperatorExchange, OperatorRoutes } from './context.ts';
import { capabilitiesOf } from './registrations.ts';
import { waitingJob } from './why.ts';

/** What the operator's page has beside the rest: its events, and the last day. */
export const dashboardRoutes: OperatorRoutes = (context) => [
  { ...routes.overview, handle: async () => json(await overview(context)) },
  {
    ...routes.events,
    handle: (exchange) => {
      exchange.peer.waitForAnswer();
      return new Response(eventsFor(context, exchange), {
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      });
    },
  },
];

/** All events for the operator; for a project those of its jobs, as long as its token is good. */
function eventsFor({ feed, callers }: OperatorContext, exchange: OperatorExchange): ReadableStream<Uint8Array> {
  const { caller, request } = exchange;
  const last = request.headers.get('last-event-id') ?? undefined;
  if (caller.is === 'operator') return feed.open(last);
  const own = feed.open(last, true, (event) => projectEvent(event, caller.project));
  return whileAllowed(own, () => callers.isStillAllowed(exchange, 'read'));
}

/** More queued jobs than these are not asked after one by one. */
const MAX_ASKED = 500;

async function overview({ studio, clock }: OperatorContext): Promise<OverviewView> {
  const { jobs, workers } = studio.store;
  const now = clock.now();
  const start = dayStart(now);
  const ended = await jobs.endedByHour(start, HOURS);
  const running = (await jobs.underway()).flatMap(({ state, startedAt }) =>
    state === 'running' && startedAt !== undefined ? [{ startedAt }] : [],
  );
  const known = (await workers.list()).flatMap(({ id, capabilities }) => {
    const read = studio.live.get(id)?.capabilities ?? capabilitiesOf(capabilities);
    return read === undefined ? [] : [read];
  });
  const queued = await jobs.list({ state: 'queued', before: undefined, limit: MAX_ASKED });
  const unservable = queued.map(waitingJob).filter((job) => !known.some((worker) => canTake(worker, job)));
  return {
    hours: dayOf(ended, running, now),
    usualWaitMs: await jobs.usualWaitMs(start),
    oldestQueuedAt: await jobs.oldestQueuedAt(),
    unservable: { count: unservable.length, maxVramGb: Math.max(0, ...unservable.map(({ vramGb }) => vramGb)) },
  };
}
