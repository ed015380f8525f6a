import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Distribution, Labels, Measure, Measured } from './measure.ts';

/* The one place that knows the library. */

/** Figures as Prometheus reads them. */
export interface Exposition {
  readonly text: string;
  readonly contentType: string;
}

/** Writes figures, with a prefix before each name. Nothing of an earlier call stays in them. */
export async function writeFigures(prefix: string, measured: Measured): Promise<Exposition> {
  const registry = new Registry();
  for (const measure of measured) {
    if ('bounds' in measure) registry.registerMetric(new KeptHistogram(prefix, measure));
    else register(registry, prefix, measure);
  }
  return { text: await registry.metrics(), contentType: registry.contentType };
}

function register(registry: Registry, prefix: string, { name, help, grows, values }: Measure): void {
  const about = { name: prefix + name, help, labelNames: labelNamesOf(values), registers: [registry] };
  const meter = grows === true ? new Counter(about) : new Gauge(about);
  for (const { labels, value } of values) meter.inc({ ...labels }, value);
}

/** What has no value now is shown without one: a meter without labels would begin with 0, which is a value. */
function labelNamesOf(values: readonly { readonly labels?: Labels }[]): string[] {
  if (values.length === 0) return ['none'];
  return [...new Set(values.flatMap(({ labels = {} }) => Object.keys(labels)))];
}

/** One whose observations were counted elsewhere: the library's own takes them one by one. */
class KeptHistogram extends Histogram {
  readonly #kept: Distribution;
  readonly #name: string;

  constructor(prefix: string, kept: Distribution) {
    const { name, help, bounds, values } = kept;
    super({ name: prefix + name, help, buckets: [...bounds], labelNames: labelNamesOf(values), registers: [] });
    this.#kept = kept;
    this.#name = prefix + name;
  }

  /** By this name the library asks for what it writes. */
  async getForPromString() {
    const { help, bounds, values } = this.#kept;
    const lines = values.flatMap((value) => linesOf(this.#name, bounds, value));
    return { name: this.#name, help, type: 'histogram', values: lines };
  }
}

function linesOf(name: string, bounds: readonly number[], { labels, counts, sum }: Distribution['values'][number]) {
  let count = 0;
  const buckets = counts.map((each, at) => {
    count += each;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[at] ?? '+Inf' }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
    { metricName: `${name}_count`, labels: { ...labels }, value: count },
  ];
}
