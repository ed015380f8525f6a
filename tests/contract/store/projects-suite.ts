import { expect } from 'bun:test';
import { NO_LIMITS, type ProjectLimits } from '../../../src/local-studio/storage/tables/projects.ts';
import type { Store } from '../../../src/local-studio/storage/store.ts';
import type { JobTable } from '../../../src/local-studio/storage/tables/jobs.ts';
import { aJob, criteria, type It } from './stored-jobs.ts';

const DAY = 24 * 3_600_000;
/** Noon of a day. */
const NOON = 20_000 * DAY + DAY / 2;

/** What every implementation of `Store` promises about projects and their limits. */
export function testProjects(it: It): void {
  it('a store begins with the default project, which has no limits', async ({ store: { projects } }) => {
    expect(await projects.list()).toEqual([{ name: 'default', createdAt: 0, limits: NO_LIMITS }]);
  });

  it('a project is added once, changed, and its name never given again', async ({ store: { projects } }) => {
    const row = { name: 'p', createdAt: 1, limits: { ...NO_LIMITS, maxQueued: 2 } };
    expect([await projects.add(row), await projects.add(row)]).toEqual([true, false]);
    const limits = { maxQueued: undefined, maxRunning: 1, maxPerDay: 0, maxArtifactBytes: 5e12 };
    expect([await projects.setLimits('p', limits, 2), await projects.setLimits('q', limits, 2)]).toEqual([
      limits,
      false,
    ]);
    expect(await projects.get('p')).toEqual({ ...row, limits });
    expect(await projects.remove('p', 3, false)).toEqual({ is: 'removed', cancelled: [], underway: [] });
    expect([await projects.get('p'), await projects.add(row)]).toEqual([undefined, false]);
    expect(await projects.remove('p', 3, false)).toEqual({ is: 'unknown' });
  });

  it('limits that are changed at once are all kept', async ({ store: { projects } }) => {
    await projects.add({ name: 'p', createdAt: 1, limits: { ...NO_LIMITS, maxArtifactBytes: 4, maxPerDay: 5 } });
    const changes = [{ maxQueued: 1 }, { maxRunning: 2 }, { maxPerDay: undefined }];
    await Promise.all(changes.map((change) => projects.setLimits('p', change, 2)));
    const limits = { maxQueued: 1, maxRunning: 2, maxPerDay: undefined, maxArtifactBytes: 4 };
    expect((await projects.get('p'))?.limits).toEqual(limits);
  });

  it('a job of a project that is not there is not added', async ({ store: { jobs } }) => {
    expect(await jobs.add(aJob('a', { project: 'nobody' }))).toEqual({ is: 'no-project' });
    expect(await jobs.get('a')).toBeUndefined();
  });

  it('a project queues no more jobs than it may', async ({ store }) => {
    await addProject(store, { maxQueued: 2 });
    await store.jobs.add(aJob('other'));
    expect(await addTo(store.jobs, ['a', 'b', 'c'])).toEqual(['added', 'added', 'maxQueued: 2 of 2']);
    await store.jobs.offerNext(criteria('w-1'), 2); // `other`, which is the oldest
    await store.jobs.offerNext(criteria('w-1'), 2);
    expect(await addTo(store.jobs, ['c', 'd'])).toEqual(['added', 'maxQueued: 2 of 2']);
  });

  it('a project creates no more jobs a day than it may', async ({ store }) => {
    await store.projects.add({ name: 'p', createdAt: 1, limits: NO_LIMITS });
    await addTo(store.jobs, ['a'], NOON);
    await store.projects.setLimits('p', { ...NO_LIMITS, maxPerDay: 2 }, NOON);
    expect(await addTo(store.jobs, ['b', 'c'], NOON)).toEqual(['added', 'maxPerDay: 2 of 2']);
    expect((await store.projects.usage('p', NOON)).today).toBe(2);
    expect(await addTo(store.jobs, ['c'], NOON + DAY)).toEqual(['added']);
    // A studio whose clock is behind does not bring yesterday's count back.
    expect(await addTo(store.jobs, ['d', 'e'], NOON)).toEqual(['added', 'maxPerDay: 2 of 2']);
  });

  it('a project that keeps too many bytes of artifacts adds no job', async ({ store }) => {
    await addProject(store, { maxArtifactBytes: 10 });
    await addTo(store.jobs, ['a', 'b']);
    await deliver(store.jobs, 'a', 9);
    expect(await addTo(store.jobs, ['c'])).toEqual(['added']);
    await deliver(store.jobs, 'b', 2); // what runs may still deliver
    expect(await addTo(store.jobs, ['d'])).toEqual(['maxArtifactBytes: 11 of 10']);
    expect((await store.projects.usage('p', 1)).artifactBytes).toBe(11);
    await store.jobs.forgetArtifact('a', 'a.png');
    expect(await addTo(store.jobs, ['d'])).toEqual(['added']);
  });

  it('a retry keeps to the limits, and does not count for the day', async ({ store }) => {
    await addProject(store, { maxQueued: 1, maxPerDay: 2 });
    await addTo(store.jobs, ['a']);
    await store.jobs.cancel('a', 2);
    await addTo(store.jobs, ['b']);
    expect(await store.jobs.retry('a', 3)).toEqual({ is: 'limit-reached', limit: 'maxQueued', max: 1, now: 1 });
    await store.jobs.cancel('b', 3);
    expect(await store.jobs.retry('a', 3)).toEqual({ is: 'queued' });
    expect(await store.jobs.retry('a', 3)).toEqual({ is: 'not-ended' });
  });

  it('a project at its limit lets the others go first, in order', async ({ store }) => {
    await addProject(store, { maxRunning: 1 });
    await addTo(store.jobs, ['p-1', 'p-2']);
    await store.jobs.add(aJob('late', { priority: -1 }));
    expect(await offer(store.jobs)).toBe('p-1');
    expect(await offer(store.jobs)).toBe('late');
    expect(await offer(store.jobs)).toBeUndefined();
    expect(await store.projects.usage('p', 1)).toMatchObject({ queued: 1, running: 1 });
    await store.jobs.start('p-1', 'w-1', 3);
    await store.jobs.complete('p-1', 'w-1', { prompt: undefined, result: '{}' }, 4);
    expect(await offer(store.jobs)).toBe('p-2');
  });

  it('what of a project waits is known while more of it may run', async ({ store }) => {
    await addProject(store, { maxRunning: 1 });
    const freed: string[] = [];
    store.projects.onFreed((name) => freed.push(name));
    for (const [id, vramGb] of [
      ['a', 7.5],
      ['b', 3.5],
      ['c', 2],
    ] as const) {
      await store.jobs.add(aJob(id, { project: 'p', vramGb, priority: id === 'a' ? 1 : 0 }));
    }
    await store.jobs.add(aJob('image', { project: 'p', kind: 'image', modelSource: '{"engine":"onnx"}' }));
    const image = { kind: 'image', engine: 'onnx', vramClass: 1 } as const;
    const llm = { kind: 'llm', engine: 'synthetic', vramClass: 2 } as const;
    const runnable = async () => (await store.projects.runnable('p')).toSorted((x, y) => (x.kind < y.kind ? -1 : 1));
    expect(await runnable()).toEqual([image, llm]);
    expect(await offer(store.jobs)).toBe('a');
    expect([await runnable(), await store.projects.runnable('nobody')]).toEqual([[], []]);
    await store.jobs.start('a', 'w-1', 3);
    await store.jobs.end('a', 'w-1', { to: 'queued', outcome: 'lost', error: 'x' }, 4);
    expect([freed, await runnable()]).toEqual([[], [image, llm]]);
    await store.jobs.cancel('c', 5);
    expect([freed, await runnable()]).toEqual([['p'], [image, { ...llm, vramClass: 4 }]]);
    await store.audited({ at: 6, actor: 'operator', action: 'job.cancelled' }).jobs.cancel('b', 6);
    await store.projects.setLimits('p', { maxRunning: undefined }, 6);
    await store.jobs.cancel('a', 6);
    expect([freed, await runnable()]).toEqual([['p', 'p'], [image]]);
  });

  it('a limit below what runs leaves that running, and starts no more', async ({ store }) => {
    await addProject(store, {});
    await addTo(store.jobs, ['a', 'b', 'c']);
    expect([await offer(store.jobs), await offer(store.jobs)]).toEqual(['a', 'b']);
    await store.projects.setLimits('p', { ...NO_LIMITS, maxRunning: 1 }, 1);
    expect(await store.jobs.start('a', 'w-1', 3)).toBe(true);
    expect(await offer(store.jobs)).toBeUndefined();
    expect((await store.jobs.get('b'))?.state).toBe('offered');
  });

  it('a project with open jobs is removed only by force, which cancels them all', async ({ store }) => {
    await addProject(store, {});
    await addTo(store.jobs, ['a', 'b', 'c']);
    expect([await offer(store.jobs), await offer(store.jobs)]).toEqual(['a', 'b']);
    await store.jobs.start('a', 'w-1', 3);
    expect(await store.projects.remove('p', 5, false)).toEqual({ is: 'busy', jobs: 3 });
    const removal = await store.projects.remove('p', 5, true);
    expect(removal).toMatchObject({ is: 'removed', underway: ['a', 'b'] });
    expect(removal.is === 'removed' && [...removal.cancelled].toSorted()).toEqual(['a', 'b', 'c']);
    for (const id of ['a', 'b', 'c']) {
      expect(await store.jobs.get(id)).toMatchObject({ state: 'cancelled', finishedAt: 5, project: 'p' });
    }
    expect(await store.jobs.attempts('a')).toMatchObject([{ workerId: 'w-1', outcome: 'cancelled', endedAt: 5 }]);
    expect(await store.jobs.attempts('b')).toEqual([]);
    expect(await store.jobs.end('a', 'w-1', { to: 'queued', outcome: 'lost', error: 'x' }, 6)).toBe(false);
    expect(await store.jobs.retry('b', 6)).toEqual({ is: 'no-project' });
    expect(await addTo(store.jobs, ['d'])).toEqual(['no-project']);
  });

  it('a token is kept until it is removed, or its project is', async ({ store }) => {
    await addProject(store, {});
    const row = {
      id: 'swp_1',
      hash: 'h',
      name: 'ci',
      project: 'p',
      scopes: ['read', 'operate'],
      createdAt: 1,
    } as const;
    const forever = { ...row, expiresAt: undefined };
    expect(await store.tokens.add({ ...forever, id: 'swp_0', project: 'nobody' })).toBe(false);
    expect(await store.tokens.add(forever)).toBe(true);
    await store.tokens.add({ ...row, id: 'swp_2', createdAt: 2, name: undefined, expiresAt: 9 });
    expect(await store.tokens.get('swp_1')).toEqual(forever);
    expect((await store.tokens.list()).map(({ id, expiresAt }) => [id, expiresAt])).toEqual([
      ['swp_1', undefined],
      ['swp_2', 9],
    ]);
    expect([await store.tokens.remove('swp_1'), await store.tokens.remove('swp_1')]).toEqual([true, false]);
    await store.projects.remove('p', 3, false);
    expect(await store.tokens.list()).toEqual([]);
  });

  it('jobs are listed by project, page by page', async ({ store: { jobs, ...store } }) => {
    await addProject(store, {});
    for (const id of ['a', 'c', 'd']) await jobs.add(aJob(id, { project: 'p' }));
    await jobs.add(aJob('b'));
    await jobs.cancel('d', 1);
    const idsOf = async (query: Partial<Parameters<JobTable['list']>[0]>): Promise<readonly string[]> =>
      (await jobs.list({ state: undefined, before: undefined, limit: 10, project: 'p', ...query })).map(({ id }) => id);
    expect(await idsOf({})).toEqual(['d', 'c', 'a']);
    expect(await idsOf({ state: 'queued', limit: 1 })).toEqual(['c']);
    expect([await idsOf({ id: 'a' }), await idsOf({ id: 'b' })]).toEqual([['a'], []]);
  });
}

const addProject = ({ projects }: Pick<Store, 'projects'>, limits: Partial<ProjectLimits>): Promise<boolean> =>
  projects.add({ name: 'p', createdAt: 1, limits: { ...NO_LIMITS, ...limits } });

/** Adds jobs to project `p`, one after the other; says what became of each. */
async function addTo(jobs: JobTable, ids: readonly string[], createdAt = 1): Promise<readonly string[]> {
  const became: string[] = [];
  for (const id of ids) {
    const admission = await jobs.add(aJob(id, { project: 'p', createdAt }));
    became.push('limit' in admission ? `${admission.limit}: ${admission.now} of ${admission.max}` : admission.is);
  }
  return became;
}

const offer = async (jobs: JobTable): Promise<string | undefined> => (await jobs.offerNext(criteria('w-1'), 2))?.id;

async function deliver(jobs: JobTable, id: string, sizeBytes: number): Promise<void> {
  expect(await offer(jobs)).toBe(id);
  const artifact = { name: `${id}.png`, ext: 'png', contentType: 'image/png', sizeBytes, sha256: 'ff' };
  await jobs.complete(id, 'w-1', { prompt: undefined, artifact }, 3);
}
