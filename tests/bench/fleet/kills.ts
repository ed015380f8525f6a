import { startPostgresServer } from '../../fakes/studio/postgres-server.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import type { Measurement } from '../report.ts';
import { askForJob, type Fleet, JOBS_AT_ONCE, startFleet } from './scene.ts';

/** How often a studio is killed, and how many workers there are meanwhile. */
export interface KillSizes {
  readonly kills: number;
  readonly killWorkers: number;
}

const STUDIOS = 3;
/** Longer than a lease, so that whatever was left behind comes back. */
const MAX_WAIT_MS = 120_000;

/**
 * Kills studios under load: what is lost, and what is done twice. The workers of this bench drop their job with their line,
 * which costs it an attempt; a real one goes on with it.
 */
export async function measureKills({ kills, killWorkers }: KillSizes): Promise<readonly Measurement[]> {
  await using server = await startPostgresServer({ synced: true });
  const database = await server.newDatabase();
  await using fleet = await startFleet(STUDIOS, database);
  await fleet.connect(killWorkers);
  const random = fakeRandom(7);
  const loading = new AbortController();
  const created = load(fleet, loading.signal);
  for (let kill = 0; kill < kills; kill++) await fleet.restart(Math.floor(random.unit() * STUDIOS));
  loading.abort();
  const ids = await created;
  await using sql = new Bun.SQL(database, { max: 1 });
  await untilAllEnded(sql);
  const ended = new Map(
    (await sql.unsafe<{ id: string; state: string }[]>('SELECT id, state FROM jobs')).map(({ id, state }) => [
      id,
      state,
    ]),
  );
  const count = (isMeant: (state: string | undefined) => boolean): number =>
    ids.filter((id) => isMeant(ended.get(id))).length;
  const twice = await sql.unsafe<object[]>(
    "SELECT job_id FROM job_attempts WHERE outcome = 'completed' GROUP BY job_id HAVING COUNT(*) > 1",
  );
  const on = `PostgreSQL, three studios, of which one is killed ${kills} times under load: `;
  const none = { atMost: 0 };
  return [
    { name: `${on}jobs asked for`, unit: 'jobs', measured: ids.length },
    {
      name: `${on}jobs lost`,
      unit: 'jobs',
      measured: count((is) => is !== 'completed' && is !== 'failed'),
      goal: none,
    },
    {
      name: `${on}jobs whose three attempts were all cut short`,
      unit: 'jobs',
      measured: count((is) => is === 'failed'),
    },
    { name: `${on}jobs completed twice`, unit: 'jobs', measured: twice.length, goal: none },
  ];
}

/** Asks for jobs until told to stop; the ids of those that were answered for. */
async function load(fleet: Fleet, stop: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = [];
  let serial = 0;
  const ask = async (): Promise<void> => {
    while (!stop.aborted) {
      const id = await askForJob(fleet.studios, serial++).catch(() => undefined); // its studio was killed
      if (id !== undefined) ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: JOBS_AT_ONCE }, ask));
  return ids;
}

async function untilAllEnded(sql: InstanceType<typeof Bun.SQL>): Promise<void> {
  const until = performance.now() + MAX_WAIT_MS;
  while (performance.now() < until) {
    const open = await sql.unsafe<object[]>(
      "SELECT 1 FROM jobs WHERE state IN ('queued', 'offered', 'running') LIMIT 1",
    );
    if (open.length === 0) return;
    await Bun.sleep(250);
  }
}
