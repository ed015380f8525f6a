import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Measured } from './measured.ts';

/*
 * The one place that knows the library. Names and units as Prometheus wants them: base units, `_total` on what only
 * grows, one prefix.
 */

/** A counted set of labels. */
type Labels = Readonly<Record<string, string>>;

/** What is counted as it happens, and what is read when somebody asks. */
export interface Meters {
  jobEnded(labels: {
    readonly kind: string;
    readonly engine: string;
    readonly origin: string;
    readonly outcome: string;
  }): void;
  /** Seconds. */
  jobTook(
    labels: { readonly kind: string; readonly engine: string },
    seconds: { readonly whole: number; readonly load?: number; readonly run?: number },
  ): void;
  /** Everything as Prometheus reads it. */
  text(now: Measured): Promise<string>;
  readonly contentType: string;
}

/** From a chat of a moment to a video of an hour. */
const SECONDS = [0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600];
const PREFIX = 'studio_worker_';

export function createMeters(): Meters {
  const registry = new Registry();
  const registers = [registry];
  const counter = <const Names extends string>(name: string, help: string, labelNames: readonly Names[]) =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames: [...labelNames], registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name: `${PREFIX}${name}`, help, labelNames: ['kind', 'engine'], buckets: SECONDS, registers });
  const jobs = counter('jobs_total', 'Jobs that ended.', ['kind', 'engine', 'origin', 'outcome']);
  const whole = histogram('job_duration_seconds', 'Time from accepting a job to its end, without its delivery.');
  const load = histogram('job_load_duration_seconds', 'Time to load the model of a job.');
  const run = histogram('job_run_duration_seconds', 'Time that the model of a job took.');
  return {
    contentType: registry.contentType,
    jobEnded: (labels) => jobs.inc({ ...labels }),
    jobTook(labels, seconds) {
      whole.observe({ ...labels }, seconds.whole);
      if (seconds.load !== undefined) load.observe({ ...labels }, seconds.load);
      if (seconds.run !== undefined) run.observe({ ...labels }, seconds.run);
    },
    text: async (now) => `${await registry.metrics()}\n${await momentary(now).metrics()}`,
  };
}

/** What is true now: recreated for each answer, so that nothing of the past stays in it. */
function momentary(now: Measured): Registry {
  const registry = new Registry();
  const registers = [registry];
  for (const { name, help, grows, values } of now) {
    const labelNames = [...new Set(values.flatMap(({ labels = {} }) => Object.keys(labels)))];
    const about = { name: `${PREFIX}${name}`, help, labelNames, registers };
    const meter = grows === true ? new Counter(about) : new Gauge(about);
    for (const { labels, value } of values) add(meter, labels ?? {}, value);
  }
  return registry;
}

const add = (meter: Counter | Gauge, labels: Labels, value: number): void => meter.inc({ ...labels }, value);
