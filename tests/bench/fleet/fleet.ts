/** Measures studios with a thousand workers: `bun run bench:fleet [--quick] [--readme]`. Numbers go to docs/benchmarks.md. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { VERSION } from '../../../src/base/version.ts';
import { startPostgresServer } from '../../fakes/studio/postgres-server.ts';
import { machineClass, usageOf } from '../processes.ts';
import { type Measurement, type Report, tableOf, withBlock } from '../report.ts';
import { median, percentile } from '../statistics.ts';
import { type KillSizes, measureKills } from './kills.ts';
import { measureQueue, type QueueSizes } from './queue.ts';
import { createJobs, type Fleet, JOBS_AT_ONCE, startFleet } from './scene.ts';

const PAGE = 'docs/benchmarks.md';

interface Sizes extends QueueSizes, KillSizes {
  readonly workers: number;
  readonly jobs: number;
  /** Jobs asked for one after the other, each on an idle fleet. */
  readonly single: number;
}

const FULL: Sizes = { workers: 1_000, jobs: 5_000, single: 300, queue: 100_000, kills: 100, killWorkers: 100 };
const QUICK: Sizes = { workers: 50, jobs: 200, single: 20, queue: 1_000, kills: 3, killWorkers: 10 };
const KB = 1e3;

/** One way to run a studio. */
interface Setup {
  readonly name: string;
  readonly studios: number;
  readonly onPostgres: boolean;
}

const SETUPS: readonly Setup[] = [
  { name: 'SQLite', studios: 1, onPostgres: false },
  { name: 'PostgreSQL', studios: 1, onPostgres: true },
  { name: 'PostgreSQL, three studios', studios: 3, onPostgres: true },
];

async function measure({ name, studios: count, onPostgres }: Setup, sizes: Sizes): Promise<readonly Measurement[]> {
  await using server = onPostgres ? await startPostgresServer({ synced: true }) : undefined;
  await using fleet = await startFleet(count, await server?.newDatabase());
  const rssBefore = rssOf(fleet);
  await fleet.connect(sizes.workers);
  const perWorker = (rssOf(fleet) - rssBefore) / sizes.workers;
  const one = await latencies(fleet, sizes.single, 1);
  const began = performance.now();
  const many = await latencies(fleet, sizes.jobs, JOBS_AT_ONCE);
  const seconds = (performance.now() - began) / 1_000;
  const back = await reconnection(fleet, sizes.workers);
  const on = `${name}: `;
  return [
    { name: `${on}job asked for → offered, p50, one at a time`, unit: 'ms', measured: median(one) },
    { name: `${on}job asked for → offered, p99, one at a time`, unit: 'ms', measured: percentile(one, 0.99) },
    {
      name: `${on}jobs asked for, offered and done, ${JOBS_AT_ONCE} at a time`,
      unit: 'jobs/s',
      measured: sizes.jobs / seconds,
    },
    {
      name: `${on}job asked for → offered, p99, ${JOBS_AT_ONCE} at a time`,
      unit: 'ms',
      measured: percentile(many, 0.99),
    },
    { name: `${on}memory (RSS) per worker`, unit: 'kB', measured: perWorker / KB },
    { name: `${on}workers back after a kill of every studio, half of them`, unit: 'ms', measured: back.half },
    { name: `${on}workers back after a kill of every studio, the last`, unit: 'ms', measured: back.last },
  ];
}

const rssOf = (fleet: Fleet): number => fleet.studios.reduce((sum, { child }) => sum + usageOf(child.pid).rssBytes, 0);

async function latencies(fleet: Fleet, jobs: number, atOnce: number): Promise<readonly number[]> {
  const before = fleet.offeredAt.size;
  const asked = await createJobs(fleet.studios, jobs, atOnce);
  await fleet.offered(before + jobs);
  return [...asked].map(([id, at]) => (fleet.offeredAt.get(id) ?? Number.NaN) - at);
}

/** Milliseconds from the kill of every studio until workers are welcomed again: until half of them, and until the last. */
async function reconnection(fleet: Fleet, workers: number): Promise<{ readonly half: number; readonly last: number }> {
  const since = performance.timeOrigin + performance.now();
  for (const at of fleet.studios.keys()) await fleet.restart(at);
  await fleet.welcomed(workers, since);
  const times = [...fleet.welcomedAt.values()].map((at) => at - since);
  return { half: median(times), last: Math.max(...times) };
}

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, readme: { type: 'boolean' } } });
const sizes = values.quick === true ? QUICK : FULL;
const began = performance.now();
const measurements: Measurement[] = [];
for (const setup of SETUPS) {
  const rows = await measure(setup, sizes);
  measurements.push(...rows);
  for (const { name, measured, unit } of rows) console.log(`${name}: ${measured.toFixed(2)} ${unit}`);
}
for (const onPostgres of [false, true]) measurements.push(...(await measureQueue(onPostgres, sizes)));
measurements.push(...(await measureKills(sizes)));
console.log(`took ${((performance.now() - began) / 60_000).toFixed(1)} min`);
const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  machine: machineClass(),
  bun: Bun.version,
  version: VERSION,
  quick: values.quick === true,
  measurements,
};
console.log(tableOf(report.measurements));
if (values.readme === true && !report.quick) {
  const block = [
    `Measured on ${report.date} from source with ${sizes.workers.toLocaleString('en')} simulated workers over loopback, all in one`,
    `process, beside the studios and PostgreSQL, which syncs its log, on the same machine (${report.machine}, Bun ${report.bun}).`,
    '',
    tableOf(report.measurements),
    '',
    'A simulated worker drops its job when its connection ends, which costs the job one of its three attempts; a real one resumes it.',
  ].join('\n');
  await Bun.write(PAGE, withBlock(await readFile(PAGE, 'utf8'), `\n${block}\n\n`, 'fleet'));
}
