import { expect } from 'bun:test';
import { TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import type { Store } from '../../../src/local-studio/storage/store.ts';
import { NO_LIMITS } from '../../../src/local-studio/storage/tables/projects.ts';
import { runnableOf, takeNext } from '../../../src/local-studio/storage/sql/next-job.ts';
import { readEnded } from '../../../src/local-studio/storage/sql/endings/ended-jobs.ts';
import { createSqlStore } from '../../../src/local-studio/storage/sql/sql-store.ts';
import { takeDue } from '../../../src/local-studio/storage/sql/webhooks/due.ts';
import type { Query, Sql } from '../../../src/system/database/sql.ts';
import { openPostgresStore } from '../../../src/local-studio/storage/postgres-store.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { openPostgres } from '../../../src/system/database/postgres.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { aNewJob, assertMostUrgent } from './most-urgent.ts';
import { testStore } from './store-suite.ts';

const { newDatabase } = postgresOfFile();

const onServer = needs(POSTGRES);

const BEFORE_ENDED_BECAUSE = [
  'DROP TRIGGER jobs_ended ON jobs',
  'DROP FUNCTION keep_ending',
  'ALTER TABLE jobs DROP COLUMN ended_because',
  'DELETE FROM migrations WHERE step = 8',
];

testStore(
  'PostgreSQL',
  async () => {
    const url = await newDatabase();
    const connect = () => openPostgres({ url, maxConnections: 4, clock: systemClock });
    let sql = connect();
    const store = await openPostgresStore(sql, 'the database');
    let current = store;
    return {
      store,
      query: (text, params) => sql.query(text, params),
      older: { beforeEndedBecause: BEFORE_ENDED_BECAUSE },
      reopen: async () => {
        await current.close();
        sql = connect();
        return (current = await openPostgresStore(sql, 'the database'));
      },
      [Symbol.asyncDispose]: () => current.close(),
    };
  },
  onServer,
);

onServer('PostgreSQL: a worker gets the oldest of the most urgent jobs that fit it', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  const store = await openPostgresStore(sql, 'the database');
  const truncate = () => sql.query('TRUNCATE jobs, queue_lanes RESTART IDENTITY');
  await assertMostUrgent(async () => ({
    sql,
    jobs: store.jobs,
    [Symbol.asyncDispose]: async () => void (await truncate()),
  }));
  await store.close();
});

onServer('PostgreSQL: three studios that start at once make the schema once', async () => {
  const url = await newDatabase();
  const open = () => openPostgresStore(openPostgres({ url, maxConnections: 2, clock: systemClock }), 'the database');
  const stores = await Promise.all([open(), open(), open()]);
  for (const store of stores) {
    expect((await store.jobs.counts()).queued).toBe(0);
    await store.close();
  }
});

onServer('PostgreSQL: sixty workers of three studios that ask at once get sixty jobs', async () => {
  const url = await newDatabase();
  const open = () => openPostgresStore(openPostgres({ url, maxConnections: 8, clock: systemClock }), 'the database');
  const stores = [await open(), await open(), await open()] as const;
  for (let count = 0; count < 60; count++) await stores[0].jobs.add(aNewJob());
  const criteria = { kinds: TASK_KIND_IDS, engines: ['synthetic'], thresholdGb: 24, except: [] };
  const asking = Array.from({ length: 20 }, (_, round) =>
    stores.map(({ jobs }, at) => jobs.offerNext({ ...criteria, workerId: `w-${round}-${at}` }, 2)),
  ).flat();
  const ids = (await Promise.all(asking)).map((job) => job?.id);
  expect([new Set(ids).size, ids.includes(undefined)]).toEqual([60, false]);
  for (const store of stores) await store.close();
});

onServer('PostgreSQL: a project’s limits hold when two studios create and claim at once', async () => {
  const url = await newDatabase();
  const open = () => openPostgresStore(openPostgres({ url, maxConnections: 8, clock: systemClock }), 'the database');
  const [one, other] = [await open(), await open()] as const;
  const limits = { ...NO_LIMITS, maxQueued: 20, maxRunning: 3 };
  await one.projects.add({ name: 'p', createdAt: 1, limits });
  await one.projects.add({ name: 'q', createdAt: 1, limits: { ...NO_LIMITS, maxPerDay: 5 } });
  const atBoth = <T>(count: number, work: (store: Store, at: number) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(Array.from({ length: count }, (_, at) => work(at % 2 === 0 ? one : other, at)));
  const created = await atBoth(40, ({ jobs }) => jobs.add(aNewJob({ project: 'p', priority: 1 })));
  expect(created.filter(({ is }) => is === 'added')).toHaveLength(20);
  const today = await atBoth(20, ({ jobs }) => jobs.add(aNewJob({ project: 'q' })));
  expect(today.filter(({ is }) => is === 'added')).toHaveLength(5);
  const criteria = { kinds: TASK_KIND_IDS, engines: ['synthetic'], thresholdGb: 24, except: [] };
  const claimed = await atBoth(30, ({ jobs }, at) => jobs.offerNext({ ...criteria, workerId: `w-${at}` }, 2));
  const projects = claimed.map((job) => job?.project ?? 'none').toSorted();
  expect(projects).toEqual([...Array(22).fill('none'), ...Array(3).fill('p'), ...Array(5).fill('q')]);
  expect(await one.projects.usage('p', 0)).toMatchObject({ queued: 17, running: 3 });
  await one.close();
  await other.close();
});

/** Queues jobs of a project that may run none, in front of one of another; so many at a time that no statement is long. */
async function queueMany(sql: Sql, count: number): Promise<void> {
  for (let from = 1; from <= count; from += 5_000) {
    await sql.query(QUEUE(from, Math.min(count, from + 4_999), count));
  }
}

const QUEUE = (
  from: number,
  to: number,
  count: number,
): string => `INSERT INTO jobs (project, id, state, kind, model, model_source, task, prompt,
    game_id, asset_name, vram_gb, vram_class, priority, attempts, max_attempts, created_at, updated_at)
  SELECT CASE WHEN i = ${count} THEN 'default' ELSE 'p' END, 'job-' || i, 'queued', 'llm', 'm', '{"engine":"onnx"}', '{}',
    '', '', '', i % 4, i % 4, 0, 0, 3, 0, 0 FROM generate_series(${from}, ${to}) i`;

for (const [count, analysed] of [
  [1_500, false],
  [100_000, false],
  [100_000, true],
] as const) {
  const known = analysed ? 'whose length is known' : 'of unknown length';
  onServer(`PostgreSQL: a queue of ${count} jobs ${known} is never read`, async () => {
    const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
    const store = await openPostgresStore(sql, 'the database');
    await sql.query('ALTER TABLE jobs SET (autovacuum_enabled = false)');
    await store.projects.add({ name: 'p', createdAt: 1, limits: NO_LIMITS });
    await queueMany(sql, count);
    if (analysed) await sql.query('VACUUM ANALYZE jobs');
    const plans: string[] = [];
    const explain = explaining(sql, plans);
    const criteria = { workerId: 'w-1', kinds: TASK_KIND_IDS, engines: ['onnx'], thresholdGb: 3.5, except: [] };
    await takeNext({ ...sql, query: explain }, criteria, 1);
    await runnableOf({ query: explain }, 'p');
    await store.projects.setLimits('p', { ...NO_LIMITS, maxRunning: 0 }, 1);
    await takeNext({ ...sql, query: explain }, criteria, 1);
    expect(plans).toHaveLength(3);
    expect(plans.filter((plan) => /(?:Seq|Bitmap Heap) Scan on jobs/.test(plan))).toEqual([]);
    expect(Math.max(...plans.map(pagesOf))).toBeLessThan(300); // a long queue has thousands
    await sql.query("UPDATE jobs SET state = 'queued', worker_id = NULL WHERE state = 'offered'");
    expect((await store.jobs.offerNext(criteria, 2))?.project).toBe('default');
    await store.close();
  });
}

/** A job that ended every second: twenty thousand before then, and a hundred since. */
const END_MANY = (since: number): string => `INSERT INTO jobs (id, state, kind, model, model_source, task, prompt,
    game_id, asset_name, vram_gb, vram_class, priority, attempts, max_attempts, created_at, updated_at, started_at, finished_at)
  SELECT 'job-' || i, 'completed', 'llm', 'm', '{"engine":"onnx"}', '{}', '', '', '', 1, 1, 0, 1, 3,
    0, 0, ${since} + i * 1000 - 500, ${since} + i * 1000 FROM generate_series(-20000, 99) i`;

onServer('PostgreSQL: jobs that ended before the day are not read to count it', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  const store = await openPostgresStore(sql, 'the database');
  const since = Date.UTC(2026, 10, 28);
  await sql.query(END_MANY(since));
  await sql.query('VACUUM ANALYZE jobs');
  const plans: string[] = [];
  const day = readEnded({ query: explaining(sql, plans) });
  await day.endedByHour(since, 24);
  await day.usualWaitMs(since);
  expect(plans).toHaveLength(2);
  for (const plan of plans) {
    expect(plan).toContain('Index Only Scan using jobs_ended');
    expect(plan).not.toContain('Seq Scan on jobs');
    expect(pagesOf(plan)).toBeLessThan(100); // all jobs have hundreds
  }
  expect((await store.jobs.endedByHour(since, 1))[0]).toEqual({ completed: 100, failed: 0, busyMs: 99 * 500 });
  await store.close();
});

/** Deliveries to one receiver that are all to be made tomorrow. */
const DELIVER_TOMORROW = `INSERT INTO webhook_deliveries
    (id, receiver, job_id, event, facts, state, attempts, created_at, next_at)
  SELECT 'd-' || i, 'https://r.example', 'job-' || i, 'failed', '{}', 'pending', 1, 0,
    (EXTRACT(EPOCH FROM now()) * 1000)::bigint + 86400000 + i FROM generate_series(1, 20000) i`;

onServer('PostgreSQL: an outbox in which nothing is due is not read', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  const store = await openPostgresStore(sql, 'the database');
  await sql.query(DELIVER_TOMORROW);
  await sql.query('ANALYZE webhook_deliveries');
  const plans: string[] = [];
  const explained: Sql = { ...sql, query: explaining(sql, plans) };
  await takeDue(explained, { at: 1, forMs: 1, except: [], limit: 64 });
  await createSqlStore(explained).webhooks.nextDueInMs(1);
  expect(plans).toHaveLength(2);
  for (const plan of plans) {
    expect(plan).toMatch(/Index Cond: .*next_at/);
    expect(pagesOf(plan)).toBeLessThan(50); // all of them have hundreds
  }
  await store.close();
});

onServer('PostgreSQL: jobs that are held no longer are found among those underway', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  const store = await openPostgresStore(sql, 'the database');
  await store.projects.add({ name: 'p', createdAt: 1, limits: NO_LIMITS });
  await queueMany(sql, 20_000);
  await sql.query("UPDATE jobs SET state = 'running', worker_id = 'w' WHERE seq <= 2");
  await sql.query(`UPDATE jobs SET lease_until = (EXTRACT(EPOCH FROM now()) * 1000)::bigint + 86400000 WHERE seq = 2`);
  await sql.query('VACUUM ANALYZE jobs');
  const plans: string[] = [];
  await createSqlStore({ ...sql, query: explaining(sql, plans) }).jobs.lapsed();
  expect(plans).toHaveLength(1);
  expect(pagesOf(plans[0] ?? '')).toBeLessThan(20); // all jobs have hundreds
  expect((await store.jobs.lapsed()).map(({ seq }) => seq)).toEqual([1]);
  await store.close();
});

/** Says how each statement would be run, in place of what it finds. */
function explaining(sql: Pick<Sql, 'query'>, plans: string[]): Query {
  return async (text, params) => {
    const plan = await sql.query(`EXPLAIN (ANALYZE, BUFFERS) ${text}`, params);
    plans.push(plan.map((row) => String(row['QUERY PLAN'])).join('\n'));
    return [];
  };
}

/** Pages that all of a plan read. */
const pagesOf = (plan: string): number => Number(/Buffers: shared hit=(\d+)/.exec(plan)?.[1]);

onServer('PostgreSQL: how many jobs a worker takes is known while it has a session', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  const store = await openPostgresStore(sql, 'the database');
  const { workers } = store;
  await workers.put({ id: 'w', installId: undefined, capabilities: '1', createdAt: 1 });
  const known = async () => [(await workers.get('w'))?.maxJobs, (await workers.list())[0]?.maxJobs];
  expect(await known()).toEqual([undefined, undefined]);
  await workers.welcome('w', { sessionId: 's-1', capabilities: '1', maxJobs: 1, at: 2 });
  expect(await known()).toEqual([1, 1]);
  await workers.beat('w', { sessionId: 's-1', maxJobs: 4, at: 3 });
  await workers.beat('w', { sessionId: 's-1', capabilities: '2', at: 4 });
  await workers.beat('w', { sessionId: 's-0', maxJobs: 2, at: 5 });
  expect(await known()).toEqual([4, 4]);
  expect((await workers.anyConnected())?.worker.maxJobs).toBe(4);
  expect([await workers.leave('w', 's-0'), ...(await known())]).toEqual([false, 4, 4]);
  expect([await workers.leave('w', 's-1'), ...(await known())]).toEqual([true, undefined, undefined]);
  await store.close();
});

onServer('PostgreSQL: no entry of the audit log can be changed', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  const store = await openPostgresStore(sql, 'the database');
  await store.audit.add({ at: 1, actor: 'operator', action: 'model.removed', subject: 'm' });
  const forged = sql.query("UPDATE audit SET actor = 'nobody'");
  expect(String(await forged.catch((thrown: unknown) => thrown))).toContain('append-only');
  await store.close();
});

onServer('PostgreSQL: a fleet that registers at three studios at once gets in', async () => {
  const url = await newDatabase();
  const open = () => openPostgresStore(openPostgres({ url, maxConnections: 8, clock: systemClock }), 'the database');
  const stores = [await open(), await open(), await open()];
  const register = async ({ registrations, workers }: Store, name: string): Promise<boolean> => {
    await registrations.addBootstrapToken(name, 10);
    const isSpent = await registrations.spendBootstrapToken(name, 1);
    await workers.put({ id: name, installId: undefined, capabilities: '{}', createdAt: 1 });
    await workers.setToken(name, 'hash');
    return isSpent;
  };
  const registering = Array.from({ length: 100 }, (_, round) =>
    stores.map((store, at) => register(store, `${round}-${at}`)),
  );
  expect(new Set(await Promise.all(registering.flat()))).toEqual(new Set([true]));
  expect(await stores[0]?.workers.list()).toHaveLength(300);
  // Nobody had to try twice: a fleet of a thousand would run out of tries.
  await using sql = new Bun.SQL(url, { max: 1 });
  const lost = await sql.unsafe(
    'SELECT xact_rollback::integer AS lost FROM pg_stat_database WHERE datname = current_database()',
  );
  expect([...lost]).toEqual([{ lost: 0 }]);
  for (const store of stores) await store.close();
});

onServer('PostgreSQL: two requests of one installation at two studios leave one waiting', async () => {
  const url = await newDatabase();
  const open = () => openPostgresStore(openPostgres({ url, maxConnections: 4, clock: systemClock }), 'the database');
  const [one, other] = [await open(), await open()];
  const row = { installId: 'i', secretHash: 's', capabilities: '{}', state: 'pending', reason: '' } as const;
  const add = (store: Store, at: number) =>
    store.registrations.add({ ...row, requestId: `r-${at}`, workerId: undefined, createdAt: at });
  await Promise.all(Array.from({ length: 10 }, (_, at) => add(at % 2 === 0 ? one : other, at)));
  expect(await one.registrations.pending()).toHaveLength(1);
  await one.close();
  await other.close();
});

/** What an operator can get wrong, and what the error says to do. */
const UNUSABLE = [
  ['a server that does not run', async () => 'postgres://studio@127.0.0.1:1/studio', /host and the port/],
  ['a database that does not exist', async () => `${await newDatabase()}_not`, /createdb/],
  ['a user that does not exist', async () => (await newDatabase()).replace('studio@', 'nobody:secret@'), /password/],
] as const;

for (const [title, urlOf, remedy] of UNUSABLE) {
  onServer(`PostgreSQL: ${title} is reported with what helps`, async () => {
    const sql = openPostgres({ url: await urlOf(), maxConnections: 1, clock: systemClock });
    const thrown = await openPostgresStore(sql, 'postgres://studio@shown/x').catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'studio.database-unusable', hint: expect.stringMatching(remedy) });
    expect(String(thrown)).not.toContain('secret');
  });
}

onServer('PostgreSQL: a database of a newer version is left alone', async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  await openPostgresStore(sql, 'the database');
  await sql.query('INSERT INTO migrations (step) VALUES (99)');
  expect(openPostgresStore(sql, 'the database')).rejects.toMatchObject({ code: 'studio.data-newer' });
});

onServer("PostgreSQL: tables that are somebody else's are left alone", async () => {
  const sql = openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock });
  await sql.query('CREATE TABLE jobs (id TEXT)');
  expect(openPostgresStore(sql, 'the database')).rejects.toMatchObject({ code: 'studio.data-damaged' });
});

onServer('PostgreSQL: a NUL in a text is kept as a replacement character', async () => {
  const store = await openPostgresStore(
    openPostgres({ url: await newDatabase(), maxConnections: 1, clock: systemClock }),
    'it',
  );
  await store.jobs.add(aNewJob({ id: 'a', prompt: 'a\0b', task: '{"prompt":"a\\u0000b"}' }));
  expect(await store.jobs.get('a')).toMatchObject({ prompt: 'a\u{FFFD}b', task: '{"prompt":"a\\u0000b"}' });
  await store.close();
});
