import type { WorkerEvent } from '../../worker/events.ts';
import type { LocalApiDeps } from '../deps.ts';
import { SAFE_HEADERS } from '../http/reply.ts';
import { createJobTallies } from '../metrics/job-tallies.ts';
import { measure } from '../metrics/measured.ts';
import type { Pulls } from '../models/pulls.ts';
import type { ApiFacts } from './facts.ts';

/** Figures for a monitoring system. */
export interface Metrics {
  onEvent(event: WorkerEvent): void;
  metrics(): Promise<Response>;
}

const PREFIX = 'studio_worker_';

/** The library is loaded when somebody asks. */
export function createMetrics(deps: Pick<LocalApiDeps, 'machine'>, facts: ApiFacts, pulls: Pulls): Metrics {
  const jobs = createJobTallies();
  return {
    onEvent(event) {
      if (event.is === 'outcome') jobs.count(event.job);
    },
    async metrics() {
      const { writeFigures } = await import('../../metrics/prometheus.ts');
      const now = { facts: await facts.read(), usage: deps.machine.usage(), pullsRunning: pulls.running };
      const { text, contentType } = await writeFigures(PREFIX, [...jobs.read(), ...measure(now)]);
      return new Response(text, { headers: { ...SAFE_HEADERS, 'content-type': contentType } });
    },
  };
}
