import { expect, test } from 'bun:test';
import { TASK_KIND_IDS } from '../../../../src/contract/tasks/index.ts';
import { migrateSqlite } from '../../../../src/local-studio/storage/sql/sqlite-schema.ts';
import { takeNext } from '../../../../src/local-studio/storage/sql/next-job.ts';
import { createSqlStore } from '../../../../src/local-studio/storage/sql/sql-store.ts';
import type { Query } from '../../../../src/system/database/sql.ts';
import { openSqlite } from '../../../../src/system/database/sqlite.ts';
import { assertMostUrgent } from '../../../contract/store/most-urgent.ts';

async function setup() {
  const sql = openSqlite(':memory:');
  await migrateSqlite(sql);
  return { sql, jobs: createSqlStore(sql).jobs, [Symbol.asyncDispose]: () => sql.close() };
}

const KINDS = TASK_KIND_IDS;
/** Queues ten thousand jobs of all kinds, thresholds and priorities in one statement. */
const QUEUE_TEN_THOUSAND = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
  INSERT INTO jobs (id, state, kind, model, model_source, task, prompt, game_id, asset_name, vram_gb, vram_class,
    priority, attempts, max_attempts, created_at, updated_at)
  SELECT 'job-' || i, 'queued', CASE i % 5 WHEN 0 THEN 'image' WHEN 1 THEN 'llm' WHEN 2 THEN 'audio_stt'
    WHEN 3 THEN 'audio_tts' ELSE 'video' END, 'm', '{"engine":"' || CASE i % 2 WHEN 0 THEN 'onnx' ELSE 'synthetic' END || '"}', '{}', '', '', '', i % 24, i % 24, i % 3, 0, 3, 0, 0 FROM n`;

test('the next job is looked up in the index, never by reading the queue', async () => {
  await using world = await setup();
  await world.sql.query(QUEUE_TEN_THOUSAND);
  const steps: string[] = [];
  const explain: Query = async (text, params) => {
    const plan = await world.sql.query(`EXPLAIN QUERY PLAN ${text}`, params);
    steps.push(...plan.map((row) => String(row['detail'])));
    return [];
  };
  const criteria = { workerId: 'w-1', kinds: KINDS, engines: ['onnx', 'synthetic'], thresholdGb: 12, except: [1] };
  await takeNext({ ...world.sql, query: explain }, criteria, 1);
  expect(steps.filter((step) => step.startsWith('SCAN'))).toEqual(['SCAN projects']);
  expect(steps.join('\n')).toContain('jobs_project_underway (project=?)');
  expect(steps.join('\n')).toContain('jobs_queue (project=? AND kind=? AND engine=? AND vram_class=?)');
});

test('fifty workers get fifty different jobs of ten thousand', async () => {
  await using world = await setup();
  await world.sql.query(QUEUE_TEN_THOUSAND);
  const claims = Array.from({ length: 50 }, (_, at) =>
    world.jobs.offerNext(
      { workerId: `w-${at}`, kinds: KINDS, engines: ['onnx', 'synthetic'], thresholdGb: at, except: [] },
      1,
    ),
  );
  const ids = (await Promise.all(claims)).map((job) => job?.id);
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(50);
});

/** A job as an earlier release adds it, which knows no projects. */
const ADD_AS_BEFORE = `INSERT INTO jobs (id, state, kind, model, model_source, task, prompt, game_id, asset_name, vram_gb,
  vram_class, priority, attempts, max_attempts, created_at, updated_at)
  VALUES ('old', 'queued', 'llm', 'm', '{"engine":"piper"}', '{}', '', '', '', 3, 3, 0, 0, 3, 0, 0)`;

test('a job that an earlier release adds after a rollback is offered', async () => {
  await using world = await setup();
  await world.sql.query(ADD_AS_BEFORE);
  const criteria = { workerId: 'w-1', kinds: KINDS, engines: ['piper'], thresholdGb: 4, except: [] };
  expect(await world.jobs.offerNext(criteria, 1)).toMatchObject({ id: 'old', project: 'default' });
  expect(await world.sql.query('SELECT * FROM lanes')).toEqual([{ kind: 'llm', vram_class: 3 }]); // it goes on with these
});

test('a worker gets the oldest of the most urgent jobs that fit it', () => assertMostUrgent(setup));

test('SQLite: no entry of the audit log can be changed', async () => {
  await using world = await setup();
  await createSqlStore(world.sql).audit.add({ at: 1, actor: 'operator', action: 'model.removed', subject: 'm' });
  const forged = world.sql.query("UPDATE audit SET actor = 'nobody'");
  expect(String(await forged.catch((thrown: unknown) => thrown))).toContain('append-only');
});

test('a transaction that fails leaves nothing behind', async () => {
  await using world = await setup();
  const broken = world.sql.durable(async (query) => {
    await query("INSERT INTO bootstrap_tokens (hash, expires_at) VALUES ('h', 1)");
    await query('SELECT * FROM no_such_table');
  });
  expect(await broken.catch((thrown: unknown) => thrown)).toBeInstanceOf(Error);
  expect(await world.sql.query('SELECT * FROM bootstrap_tokens')).toEqual([]);
});
