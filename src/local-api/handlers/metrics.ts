import { SECOND_MS } from '../../base/units.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { WorkerEvent } from '../../worker/events.ts';
import type { LocalApiDeps } from '../deps.ts';
import { SAFE_HEADERS } from '../http/reply.ts';
import { measure } from '../metrics/measured.ts';
import type { Meters } from '../metrics/prometheus.ts';
import type { Pulls } from '../models/pulls.ts';
import type { ApiFacts } from './facts.ts';

/** Figures for a monitoring system. */
export interface Metrics {
  onEvent(event: WorkerEvent): void;
  metrics(): Promise<Response>;
}

/** Jobs that wait to be counted together, since the next step of a job waits while it is counted. */
const MAX_WAITING = 16;

/** The library is loaded when there is something to count, or somebody asks. */
export function createMetrics(deps: Pick<LocalApiDeps, 'machine'>, facts: ApiFacts, pulls: Pulls): Metrics {
  let opening: Promise<Meters> | undefined;
  const meters = (): Promise<Meters> =>
    (opening ??= import('../metrics/prometheus.ts').then(({ createMeters }) => createMeters()));
  const waiting: JobRecord[] = [];
  const counted = async (): Promise<Meters> => {
    const opened = await meters();
    for (const job of waiting.splice(0)) count(opened, job);
    return opened;
  };
  return {
    onEvent(event) {
      if (event.is === 'outcome' && waiting.push(event.job) >= MAX_WAITING) void counted();
    },
    async metrics() {
      const opened = await counted();
      const now = { facts: await facts.read(), usage: deps.machine.usage(), pullsRunning: pulls.running };
      return new Response(await opened.text(measure(now)), {
        headers: { ...SAFE_HEADERS, 'content-type': opened.contentType },
      });
    },
  };
}

function count(meters: Meters, job: JobRecord): void {
  const { kind, engine, origin, status, startedAt, finishedAt = startedAt, loadMs, runMs } = job;
  const outcome = status === 'failed' || status === 'cancelled' ? status : 'completed';
  meters.jobEnded({ kind, engine, origin, outcome });
  meters.jobTook(
    { kind, engine },
    {
      whole: (finishedAt - startedAt) / SECOND_MS,
      ...(loadMs === undefined ? {} : { load: loadMs / SECOND_MS }),
      ...(runMs === undefined ? {} : { run: runMs / SECOND_MS }),
    },
  );
}
