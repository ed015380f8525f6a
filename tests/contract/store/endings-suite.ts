import { expect } from 'bun:test';
import { NO_LIMITS } from '../../../src/local-studio/storage/tables/projects.ts';
import type { JobTable } from '../../../src/local-studio/storage/tables/jobs.ts';
import { aJob, bringTo, type It } from './stored-jobs.ts';

const AT = Date.UTC(2026, 4, 25, 12);
const LATE = 'deadline passed while a worker ran it';

/** The end of a job as releases wrote it that kept its state and its error alone. */
const ENDED_OF_OLD = 'UPDATE jobs SET state = $2, error = $3 WHERE id = $1';

/** What every implementation of `Store` promises about why jobs ended. */
export function testEndings(it: It): void {
  it('a job that brought no result says what ended it', async ({ store: { jobs, projects } }) => {
    for (const state of ['completed', 'failed', 'cancelled', 'requeued'] as const) await bringTo(jobs, state, state);
    await jobs.cancel('requeued', 5);
    const now = await jobs.now(AT);
    for (const state of ['running', 'queued'] as const) {
      await bringTo(jobs, state, state, { deadlineAt: now + 1_000_000 });
      await jobs.change(state, { deadlineAt: now - 1 }, AT);
    }
    await jobs.expire(AT, 5);
    await projects.add({ name: 'p', createdAt: 1, limits: NO_LIMITS });
    await jobs.add(aJob('removed', { project: 'p' }));
    await projects.remove('p', AT, true);
    await bringTo(jobs, 'lost', 'requeued');
    await bringTo(jobs, 'retried', 'failed');
    await jobs.retry('retried', 5);
    expect(await becauseOf(jobs)).toEqual({
      completed: 'none',
      failed: 'attempt',
      cancelled: 'cancelled',
      requeued: 'cancelled',
      running: 'deadline',
      queued: 'deadline',
      removed: 'cancelled',
      lost: 'none',
      retried: 'none',
    });
  });

  it('a job that fails in the words of a deadline failed by its attempt', async ({ store: { jobs } }) => {
    await bringTo(jobs, 'a', 'running');
    await jobs.end('a', 'w-1', { to: 'failed', outcome: 'failed', error: LATE }, 4);
    expect(await jobs.get('a')).toMatchObject({ error: LATE, endedBecause: 'attempt' });
  });

  it('jobs that a studio of an older release ends say why, too', async ({ store: { jobs }, query }) => {
    for (const id of ['late', 'failed', 'cancelled', 'retried']) await jobs.add(aJob(id));
    await query(ENDED_OF_OLD, ['late', 'failed', LATE]);
    await query(ENDED_OF_OLD, ['failed', 'failed', 'no luck']);
    await query(ENDED_OF_OLD, ['cancelled', 'cancelled', LATE]);
    await jobs.cancel('retried', 5);
    await query(ENDED_OF_OLD, ['retried', 'queued', null]);
    const ended = { late: 'deadline', failed: 'attempt', cancelled: 'cancelled', retried: 'none' };
    expect(await becauseOf(jobs)).toEqual(ended);
  });

  it('jobs that ended before studios kept why say it', async ({ store: { jobs }, query, reopen, older }) => {
    for (const id of ['late', 'failed', 'cancelled', 'queued']) await jobs.add(aJob(id));
    for (const statement of older.beforeEndedBecause) await query(statement);
    await query(ENDED_OF_OLD, ['late', 'failed', 'deadline passed before a worker took it']);
    await query(ENDED_OF_OLD, ['failed', 'failed', 'no luck']);
    await query(ENDED_OF_OLD, ['cancelled', 'cancelled', null]);
    const { jobs: after } = await reopen();
    const ended = { late: 'deadline', failed: 'attempt', cancelled: 'cancelled', queued: 'none' };
    expect(await becauseOf(after)).toEqual(ended);
  });
}

async function becauseOf(jobs: JobTable): Promise<Readonly<Record<string, string>>> {
  const all = await jobs.list({ state: undefined, before: undefined, limit: 50 });
  return Object.fromEntries(all.map(({ id, endedBecause }) => [id, endedBecause ?? 'none']));
}
