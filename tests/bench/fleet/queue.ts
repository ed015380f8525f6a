import { join } from 'node:path';
import { startPostgresServer } from '../../fakes/studio/postgres-server.ts';
import type { Measurement } from '../report.ts';
import { median, percentile } from '../statistics.ts';
import { createJobs, type Fleet, startFleet } from './scene.ts';

/** How long the long queue is. */
export interface QueueSizes {
  readonly queue: number;
}

const SHORT = 100;
/** Offers that are timed. */
const TIMED = 100;

/** What a long queue costs: time from a worker's result to its next offer. */
export async function measureQueue(onPostgres: boolean, { queue }: QueueSizes): Promise<readonly Measurement[]> {
  await using server = onPostgres ? await startPostgresServer({ synced: true }) : undefined;
  const rows: Measurement[] = [];
  for (const length of [SHORT, queue]) {
    const database = await server?.newDatabase();
    await using fleet = await startFleet(1, database);
    await createJobs(fleet.studios, SHORT, 1);
    if (length > SHORT) await fleet.restart(0, () => repeatJobs(fleet, database, length));
    await fleet.connect(1);
    await fleet.offered(TIMED);
    const times = [...fleet.offeredAt.values()].slice(0, TIMED);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
    const what = `${onPostgres ? 'PostgreSQL' : 'SQLite'}: job done → next offer, ${length.toLocaleString('en')} queued`;
    rows.push({ name: `${what}, p50`, unit: 'ms', measured: median(gaps) });
    rows.push({ name: `${what}, p99`, unit: 'ms', measured: percentile(gaps, 0.99) });
  }
  return rows;
}

/** What the database makes itself. */
const MADE = new Set(['seq', 'engine']);

/** Lengthens the queue by copies of its jobs, in the database: asking for each takes minutes. */
async function repeatJobs(fleet: Fleet, database: string | undefined, length: number): Promise<void> {
  const sqlite = { adapter: 'sqlite', filename: join(fleet.folderOf(0), 'studio.sqlite') } as const;
  await using sql = database === undefined ? new Bun.SQL(sqlite) : new Bun.SQL(database, { max: 1 });
  const [one] = await sql.unsafe<Record<string, unknown>[]>('SELECT * FROM jobs LIMIT 1');
  const columns = Object.keys(one ?? {}).filter((name) => !MADE.has(name) && name !== 'id');
  await sql.unsafe(
    `WITH RECURSIVE copies (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ${length / SHORT - 1})
     INSERT INTO jobs (id, ${columns.join(', ')}) SELECT id || '-' || copy, ${columns.join(', ')} FROM jobs, copies`,
  );
  // As the server does by itself in the time that such a queue takes to grow.
  if (database !== undefined) await sql.unsafe('ANALYZE');
}
