import { expect } from 'bun:test';
import { HOUR_MS } from '../../../src/base/units.ts';
import { aJob, bringTo, criteria, type It } from './stored-jobs.ts';

const AT = Date.UTC(2026, 4, 25, 12);

/** What every implementation of `Store` promises about deadlines. They go by the store's own time, see `JobTable.now`. */
export function testDeadlines(it: It): void {
  it('what has not ended by its deadline fails once, and says why', async ({ store: { jobs } }) => {
    const now = await jobs.now(AT);
    for (const state of ['completed', 'running', 'offered', 'queued'] as const) {
      await bringTo(jobs, state, state, { deadlineAt: now + HOUR_MS });
      if (state !== 'completed') await jobs.change(state, { deadlineAt: now - 1 }, AT);
    }
    await jobs.add(aJob('later', { deadlineAt: now + HOUR_MS }));
    await jobs.add(aJob('whenever'));
    const both = await Promise.all([jobs.expire(AT, 10), jobs.expire(AT, 10)]);
    const waiting = { workerId: undefined, error: 'deadline passed before a worker took it' };
    expect(both.flatMap(({ expired }) => expired).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: 'offered', ...waiting },
      { id: 'queued', ...waiting },
      { id: 'running', workerId: 'w-1', error: 'deadline passed while a worker ran it' },
    ]);
    expect(await jobs.get('queued')).toMatchObject({ state: 'failed', error: waiting.error, finishedAt: AT });
    expect((await jobs.attempts('running')).map(({ outcome }) => outcome)).toEqual(['cancelled']);
    expect(await jobs.counts()).toMatchObject({ queued: 2, failed: 3, completed: 1 });
    const { expired, nextInMs = 0 } = await jobs.expire(AT, 10);
    expect([expired, nextInMs > HOUR_MS / 2, nextInMs <= HOUR_MS]).toEqual([[], true, true]);
  });

  it('deadlines that passed are met a few at a time, the oldest first', async ({ store: { jobs } }) => {
    const now = await jobs.now(AT);
    for (const age of [1, 3, 2]) await jobs.add(aJob(`job-${age}`, { deadlineAt: now - age }));
    const ids = async () => {
      const { expired, nextInMs } = await jobs.expire(AT, 2);
      return { ids: expired.map(({ id }) => id).toSorted(), nextInMs };
    };
    expect(await ids()).toEqual({ ids: ['job-2', 'job-3'], nextInMs: 0 });
    expect(await ids()).toEqual({ ids: ['job-1'], nextInMs: undefined });
  });

  it('no job is offered after its deadline', async ({ store: { jobs } }) => {
    const now = await jobs.now(AT);
    await jobs.add(aJob('late', { priority: 5, deadlineAt: now - 1 }));
    await jobs.add(aJob('in time', { deadlineAt: now + HOUR_MS }));
    expect((await jobs.offerNext(criteria('w-1'), AT))?.id).toBe('in time');
    expect(await jobs.offerNext(criteria('w-1'), AT)).toBeUndefined();
  });

  it('a deadline is moved and taken away until the job has ended', async ({ store: { jobs } }) => {
    const now = await jobs.now(AT);
    await bringTo(jobs, 'a', 'running', { deadlineAt: now + HOUR_MS });
    expect(await jobs.change('a', { deadlineAt: now - 1 }, AT)).toBe(true);
    expect(await jobs.get('a')).toMatchObject({ deadlineAt: now - 1, priority: 0 });
    expect(await jobs.change('a', { priority: 1, deadlineAt: null }, AT)).toBe(false);
    expect(await jobs.change('a', { deadlineAt: null }, AT)).toBe(true);
    expect((await jobs.get('a'))?.deadlineAt).toBeUndefined();
    await jobs.cancel('a', AT);
    expect(await jobs.change('a', { deadlineAt: now }, AT)).toBe(false);
  });

  it('a retried job keeps a deadline to come, and no other', async ({ store: { jobs } }) => {
    const now = await jobs.now(AT);
    for (const [id, deadlineAt] of [
      ['past', now - 1],
      ['future', now + HOUR_MS],
    ] as const) {
      await jobs.add(aJob(id, { deadlineAt }));
      await jobs.cancel(id, AT);
      await jobs.retry(id, AT);
    }
    expect((await jobs.get('past'))?.deadlineAt).toBeUndefined();
    expect((await jobs.get('future'))?.deadlineAt).toBe(now + HOUR_MS);
  });
}
