import { expect, test } from 'bun:test';
import { testAudit } from './audit-suite.ts';
import { testDeadlines } from './deadline-suite.ts';
import { testEnded } from './ended-suite.ts';
import { testEndings } from './endings-suite.ts';
import { testFigures } from './figures-suite.ts';
import { testWebhooks } from './webhooks-suite.ts';
import { testProjects } from './projects-suite.ts';
import { aJob, aResult, bringTo, criteria, type It, type StoreUnderTest } from './stored-jobs.ts';
import type { Declare } from '../../needs.ts';
import type { JobState } from '../../../src/contract/operator/views.ts';
import type { Store } from '../../../src/local-studio/storage/store.ts';
import type { JobTable } from '../../../src/local-studio/storage/tables/jobs.ts';
import type { RegistrationRow } from '../../../src/local-studio/storage/tables/registrations.ts';
import type { ModelRow } from '../../../src/local-studio/storage/tables/models.ts';

/** What every implementation of `Store` promises. Registers the tests; call it once per implementation. */
export function testStore(name: string, open: () => Promise<StoreUnderTest>, declare: Declare = test): void {
  const it: It = (title, body) =>
    declare(`${name}: ${title}`, async () => {
      await using subject = await open();
      await body(subject);
    });

  it('of two requests of one installation the newer one waits', async ({ store: { registrations } }) => {
    await registrations.add(aRequest('r-1'));
    await registrations.add(aRequest('r-2', { createdAt: 2 }));
    await registrations.add(aRequest('r-3', { installId: 'other', createdAt: 1 }));
    expect((await registrations.pending()).map(({ requestId }) => requestId)).toEqual(['r-3', 'r-2']);
    expect(await registrations.pendingOf('install')).toEqual(aRequest('r-2', { createdAt: 2 }));
    expect(await registrations.get('r-1')).toBeUndefined();
  });

  it('a request is decided once, and waits no more', async ({ store: { registrations, workers } }) => {
    const worker = { id: 'w-1', installId: 'install', capabilities: '1', createdAt: 1 };
    await registrations.add(aRequest('r-1'));
    await registrations.add(aRequest('r-2', { installId: 'other' }));
    expect(await registrations.decide('r-1', { worker })).toBe(true);
    expect(await registrations.decide('r-1', { reason: 'no' })).toBe(false);
    expect(await registrations.decide('r-2', { reason: 'no' })).toBe(true);
    expect(await registrations.decide('r-2', { worker: { ...worker, id: 'w-2' } })).toBe(false);
    expect(await registrations.decide('r-9', { reason: 'no' })).toBe(false);
    expect((await workers.list()).map(({ id }) => id)).toEqual(['w-1']);
    expect(await registrations.get('r-1')).toMatchObject({ state: 'approved', workerId: 'w-1', reason: '' });
    expect(await registrations.get('r-2')).toMatchObject({ state: 'rejected', workerId: undefined, reason: 'no' });
    expect(await registrations.pending()).toEqual([]);
  });

  it('a bootstrap token is spent once, and not after its time', async ({ store: { registrations } }) => {
    await registrations.addBootstrapToken('one', 100);
    await registrations.addBootstrapToken('late', 100);
    expect(await registrations.spendBootstrapToken('one', 99)).toBe(true);
    expect(await registrations.spendBootstrapToken('one', 99)).toBe(false);
    expect(await registrations.spendBootstrapToken('late', 100)).toBe(false);
    expect(await registrations.spendBootstrapToken('never minted', 1)).toBe(false);
  });

  it('a worker that is put again keeps its token and its age', async ({ store: { workers } }) => {
    await workers.put({ id: 'w-1', installId: 'install', capabilities: '1', createdAt: 1 });
    await workers.setToken('w-1', 'hash');
    await workers.put({ id: 'w-1', installId: 'install', capabilities: '2', createdAt: 9 });
    await workers.welcome('w-1', { sessionId: 's-1', capabilities: '3', maxJobs: 1, at: 5 });
    const row = { id: 'w-1', installId: 'install', tokenHash: 'hash', capabilities: '3', createdAt: 1, lastSeenAt: 5 };
    expect(await workers.byInstall('install')).toMatchObject({ ...row, removed: false });
  });

  it('a deleted worker is known by its id alone, and stays deleted', async ({ store: { workers } }) => {
    for (const id of ['w-1', 'w-2']) await workers.put({ id, installId: id, capabilities: '', createdAt: 1 });
    await workers.setToken('w-1', 'hash');
    expect([await workers.remove('w-1'), await workers.remove('w-1'), await workers.remove('w-9')]).toEqual([
      true,
      false,
      false,
    ]);
    await workers.setToken('w-1', 'new');
    expect(await workers.get('w-1')).toMatchObject({ removed: true, tokenHash: 'hash' });
    expect(await workers.byInstall('w-1')).toBeUndefined();
    expect((await workers.list()).map(({ id }) => id)).toEqual(['w-2']);
  });

  it('a model id is added once, and only a known one replaced or removed', async ({ store: { models } }) => {
    expect([await models.add(aModel), await models.add({ ...aModel, vramGb: 9 })]).toEqual([true, false]);
    expect([await models.replace({ ...aModel, vramGb: 4.5 }), await models.replace({ ...aModel, id: 'm-9' })]).toEqual([
      true,
      false,
    ]);
    expect(await models.list()).toEqual([{ ...aModel, vramGb: 4.5 }]);
    expect([await models.remove('m-1'), await models.remove('m-1')]).toEqual([true, false]);
    expect(await models.get('m-1')).toBeUndefined();
  });

  it('a job keeps what it was created with, and counts up', async ({ store: { jobs } }) => {
    const created = aJob('a', { prompt: 'ein Fuchs 🦊', priority: -2, vramGb: 7.25 });
    await jobs.add(created);
    await jobs.add(aJob('b'));
    expect(await jobs.get('a')).toMatchObject({ ...created, state: 'queued', attempts: 0, updatedAt: 1 });
    expect((await jobs.get('b'))?.seq).toBeGreaterThan((await jobs.get('a'))?.seq ?? Infinity);
    expect(await jobs.get('c')).toBeUndefined();
  });

  it('jobs are offered by priority, then age, to workers that they fit', async ({ store: { jobs } }) => {
    await jobs.add(aJob('old'));
    await jobs.add(aJob('urgent', { priority: 1 }));
    await jobs.add(aJob('large', { priority: 2, vramGb: 8.5 }));
    await jobs.add(aJob('image', { priority: 3, kind: 'image' }));
    const offered: (string | undefined)[] = [];
    for (let count = 0; count < 4; count++) offered.push((await jobs.offerNext(criteria('w-1'), 5))?.id);
    expect(offered).toEqual(['urgent', 'old', undefined, undefined]);
    expect(await jobs.get('urgent')).toMatchObject({ state: 'offered', workerId: 'w-1', updatedAt: 5 });
    expect((await jobs.offerNext({ ...criteria('w-2'), thresholdGb: 8.5 }, 5))?.id).toBe('large');
  });

  it('a job that waits can be given another priority, and keeps its age', async ({ store: { jobs } }) => {
    for (const id of ['a', 'b', 'c']) await jobs.add(aJob(id, { priority: 5 }));
    expect(await jobs.change('c', { priority: 6 }, 9)).toBe(true);
    expect(await jobs.change('a', { priority: 4 }, 9)).toBe(true);
    expect(await jobs.get('a')).toMatchObject({ priority: 4, updatedAt: 9, createdAt: 1 });
    await jobs.change('a', { priority: 5 }, 10);
    const offered: (string | undefined)[] = [];
    for (let count = 0; count < 3; count++) offered.push((await jobs.offerNext(criteria('w-1'), 11))?.id);
    expect(offered).toEqual(['c', 'a', 'b']);
  });

  it('a job that a worker rejected is offered to others only', async ({ store: { jobs } }) => {
    await jobs.add(aJob('a'));
    const seq = (await jobs.get('a'))?.seq ?? 0;
    expect(await jobs.offerNext({ ...criteria('w-1'), except: [seq] }, 2)).toBeUndefined();
    expect(await jobs.offerNext({ ...criteria('w-1'), kinds: [] }, 2)).toBeUndefined();
    expect(await jobs.offerNext({ ...criteria('w-1'), engines: [] }, 2)).toBeUndefined();
    expect(await jobs.offerNext({ ...criteria('w-1'), engines: ['onnx', 'piper'] }, 2)).toBeUndefined();
    expect((await jobs.offerNext(criteria('w-2'), 2))?.id).toBe('a');
  });

  it('twenty workers that ask at once get twenty jobs', async ({ store: { jobs } }) => {
    for (let count = 0; count < 20; count++) await jobs.add(aJob(`job-${count}`));
    const asking = Array.from({ length: 25 }, (_, at) => jobs.offerNext(criteria(`w-${at}`), 2));
    const ids = (await Promise.all(asking)).flatMap((job) => (job === undefined ? [] : [job.id]));
    expect([ids.length, new Set(ids).size]).toEqual([20, 20]);
  });

  for (const [state, allowed] of Object.entries(MAY)) {
    it(`a ${state} job allows ${allowed.join(', ') || 'no change any more'}`, async ({ store: { jobs } }) => {
      const done: string[] = [];
      for (const [at, change] of CHANGES.entries()) {
        const id = `${state}-${at}`;
        await bringTo(jobs, id, state);
        const before = await jobs.get(id);
        if (await CHANGE[change](jobs, id, 'w-1')) done.push(change);
        else expect(await jobs.get(id)).toEqual(before as NonNullable<typeof before>);
      }
      expect(done).toEqual([...allowed]);
    });

    it(`a ${state} job ignores a worker that never had it`, async ({ store: { jobs } }) => {
      await bringTo(jobs, 'a', state);
      const before = await jobs.get('a');
      for (const change of BY_WORKER) expect(await CHANGE[change](jobs, 'a', 'w-2')).toBe(false);
      expect(await jobs.holds('a', 'w-2')).toBe(false);
      expect(await jobs.get('a')).toEqual(before as NonNullable<typeof before>);
    });
  }

  it('each run of a job is an attempt with its outcome', async ({ store: { jobs } }) => {
    await bringTo(jobs, 'a', 'requeued');
    expect(await jobs.get('a')).toMatchObject({ state: 'queued', attempts: 1, workerId: undefined, error: 'no luck' });
    await jobs.offerNext(criteria('w-2'), 20);
    await jobs.start('a', 'w-2', 21);
    await jobs.complete('a', 'w-2', aResult, 25);
    expect(await jobs.attempts('a')).toEqual([
      { number: 1, workerId: 'w-1', startedAt: 3, endedAt: 4, outcome: 'lost', error: 'no luck' },
      { number: 2, workerId: 'w-2', startedAt: 21, endedAt: 25, outcome: 'completed', error: undefined },
    ]);
  });

  it('a result that comes late for a queued job counts as an attempt', async ({ store: { jobs } }) => {
    await bringTo(jobs, 'a', 'requeued');
    expect([await jobs.holds('a', 'w-1'), await jobs.complete('a', 'w-1', aResult, 9)]).toEqual([true, true]);
    expect(await jobs.get('a')).toMatchObject({ state: 'completed', attempts: 2, workerId: 'w-1', error: undefined });
    expect(await jobs.holds('a', 'w-1')).toBe(false);
  });

  it('of two results of one job one is kept', async ({ store: { jobs } }) => {
    await bringTo(jobs, 'a', 'running');
    const results = ['1', '2'].map((result) => jobs.complete('a', 'w-1', { prompt: undefined, result }, 9));
    const stored = await Promise.all(results);
    expect(stored.toSorted()).toEqual([false, true]);
    const kept = String(stored.indexOf(true) + 1);
    expect(await jobs.get('a')).toMatchObject({ result: kept, prompt: 'as created', finishedAt: 9 });
  });

  it('a completed job has its artifact, its prompt and what it ran on', async ({ store: { jobs, figures } }) => {
    await bringTo(jobs, 'a', 'running');
    const artifact = { name: 'a-1.webp', ext: 'webp', contentType: 'image/webp', sizeBytes: 3, sha256: 'ff' };
    await jobs.complete('a', 'w-1', { prompt: 'a fox', artifact, ranOn: 'cuda' }, 9);
    expect(await jobs.get('a')).toMatchObject({ prompt: 'a fox', artifact, ranOn: 'cuda', result: undefined });
    expect(await figures.artifacts()).toEqual({ count: 1, sizeBytes: 3 });
    expect([await jobs.agedArtifacts(9, 5), await jobs.agedArtifacts(10, 5)]).toEqual([
      [],
      [{ id: 'a', project: 'default', name: 'a-1.webp' }],
    ]);
    await jobs.forgetArtifact('a', 'another');
    expect((await jobs.get('a'))?.artifact?.name).toBe('a-1.webp');
    await jobs.forgetArtifact('a', 'a-1.webp');
    expect(await jobs.get('a')).toMatchObject({ state: 'completed', artifact: undefined });
    expect(await jobs.agedArtifacts(10, 5)).toEqual([]);
  });

  it('a retried job is as good as new', async ({ store: { jobs } }) => {
    await bringTo(jobs, 'a', 'failed');
    expect(await jobs.get('a')).toMatchObject({ attempts: 1, error: 'no luck', finishedAt: 4 });
    await jobs.retry('a', 30);
    const fresh = { attempts: 0, workerId: undefined, error: undefined, startedAt: undefined, finishedAt: undefined };
    expect(await jobs.get('a')).toMatchObject({ state: 'queued', ...fresh });
    expect((await jobs.attempts('a')).map(({ outcome }) => outcome)).toEqual(['lost']);
  });

  it('jobs are listed newest first, by page and by state, and counted', async ({ store: { jobs } }) => {
    for (const state of ['completed', 'failed', 'cancelled', 'offered', 'running', 'queued'] as const) {
      await bringTo(jobs, state, state);
    }
    const idsOf = async (query: Partial<Parameters<JobTable['list']>[0]>): Promise<string[]> =>
      (await jobs.list({ state: undefined, before: undefined, limit: 10, ...query })).map(({ id }) => id);
    expect(await idsOf({})).toEqual(['queued', 'running', 'offered', 'cancelled', 'failed', 'completed']);
    const [, last] = await jobs.list({ state: undefined, before: undefined, limit: 2 });
    expect(await idsOf({ before: last?.seq, limit: 2 })).toEqual(['offered', 'cancelled']);
    expect(await idsOf({ state: 'failed' })).toEqual(['failed']);
    expect((await jobs.underway()).map(({ id }) => id)).toEqual(['offered', 'running']);
    expect(await jobs.counts()).toEqual({ queued: 1, offered: 1, running: 1, completed: 1, failed: 1, cancelled: 1 });
  });

  it('an accept that is repeated by the same call succeeds, and spends one attempt', async ({ store: { jobs } }) => {
    await jobs.add(aJob('a'));
    await jobs.offerNext(criteria('w-1'), 2);
    expect([await jobs.start('a', 'w-1', 3), await jobs.start('a', 'w-1', 3)]).toEqual([true, true]);
    expect(await jobs.start('a', 'w-1', 4)).toBe(false);
    expect(await jobs.get('a')).toMatchObject({ state: 'running', attempts: 1, startedAt: 3 });
  });

  it('a worker that accepted a job may resume it, whatever the database knows', async ({ store: { jobs } }) => {
    await jobs.add(aJob('a'));
    expect(await jobs.resume('a', 'w-1', 2)).toBe(false);
    expect(await jobs.resume('a', 'w-1', 2, true)).toBe(true);
    expect(await jobs.resume('a', 'w-2', 2, true)).toBe(false);
    expect(await jobs.get('a')).toMatchObject({ state: 'running', workerId: 'w-1' });
  });

  it('of what a worker answered to a job the latest is kept', async ({ store: { rejections } }) => {
    const row = { jobId: 'a', workerId: 'w-1', reason: 'busy', isFinal: false, at: 1 };
    await rejections.add(row);
    await rejections.add({ ...row, reason: 'no such model', isFinal: true, at: 2 });
    await rejections.add({ ...row, workerId: 'w-2', at: 3 });
    await rejections.add({ ...row, jobId: 'b', at: 4 });
    const answers = await rejections.ofJobs(['a', 'none']);
    expect(answers.toSorted((one, other) => one.at - other.at)).toEqual([
      { ...row, reason: 'no such model', isFinal: true, at: 2 },
      { ...row, workerId: 'w-2', at: 3 },
    ]);
    expect(await rejections.latest()).toMatchObject([
      { workerId: 'w-1', jobId: 'b' },
      { workerId: 'w-2', jobId: 'a' },
    ]);
    expect(await rejections.latest('w-2')).toHaveLength(1);
    expect(await rejections.ofJobs([])).toEqual([]);
  });

  it('log lines are read in order, by worker and from where one left off', async ({ store: { logs } }) => {
    await logs.add('w-1', [aLine('one'), aLine('two')]);
    await logs.add('w-2', [{ ...aLine('three'), jobId: 'a' }]);
    const all = await logs.page({ workerId: undefined, after: 0, limit: 10 });
    expect(all.map(({ workerId, message, jobId }) => [workerId, message, jobId])).toEqual([
      ['w-1', 'one', undefined],
      ['w-1', 'two', undefined],
      ['w-2', 'three', 'a'],
    ]);
    expect(await logs.page({ workerId: undefined, after: all[0]?.seq ?? 0, limit: 1 })).toEqual(all.slice(1, 2));
    expect(await logs.page({ workerId: 'w-2', after: 0, limit: 10 })).toEqual(all.slice(2));
  });

  testDeadlines(it);
  testEndings(it);
  testFigures(it);
  testEnded(it);
  testWebhooks(it);
  testProjects(it);
  testAudit(it);

  it('everything is there when the store is opened again', async ({ store, reopen }) => {
    await store.registrations.add(aRequest('r-1'));
    await store.workers.put({ id: 'w-1', installId: undefined, capabilities: '1', createdAt: 1 });
    await store.models.add(aModel);
    await bringTo(store.jobs, 'a', 'running');
    await store.logs.add('w-1', [aLine('one')]);
    const before = await contentsOf(store);
    expect(await contentsOf(await reopen())).toEqual(before);
  });
}

const contentsOf = async (store: Store) => ({
  requests: await store.registrations.pending(),
  workers: await store.workers.list(),
  models: await store.models.list(),
  jobs: await store.jobs.list({ state: undefined, before: undefined, limit: 10 }),
  lines: await store.logs.page({ workerId: undefined, after: 0, limit: 10 }),
});

const aRequest = (requestId: string, about: Partial<RegistrationRow> = {}): RegistrationRow => ({
  requestId,
  installId: 'install',
  secretHash: 'secret',
  capabilities: '{}',
  state: 'pending',
  reason: '',
  workerId: undefined,
  createdAt: 1,
  ...about,
});

const aModel: ModelRow = {
  id: 'm-1',
  kind: 'llm',
  displayName: undefined,
  vramGb: 4,
  source: '{}',
  createdAt: 1,
  updatedAt: 2,
};

const aLine = (message: string) => ({
  ts: '2026-05-25T12:00:00.000Z',
  level: 'info',
  category: 'ws',
  message,
  jobId: undefined,
});

const BY_WORKER = ['release', 'start', 'resume', 'end', 'complete'] as const;
const CHANGES = [...BY_WORKER, 'change', 'cancel', 'retry'] as const;

const CHANGE: Record<(typeof CHANGES)[number], (jobs: JobTable, id: string, workerId: string) => Promise<boolean>> = {
  release: (jobs, id, workerId) => jobs.release(id, workerId, 10),
  start: (jobs, id, workerId) => jobs.start(id, workerId, 10),
  resume: (jobs, id, workerId) => jobs.resume(id, workerId, 10),
  end: (jobs, id, workerId) => jobs.end(id, workerId, { to: 'failed', outcome: 'failed', error: 'late' }, 10),
  complete: (jobs, id, workerId) => jobs.complete(id, workerId, aResult, 10),
  change: (jobs, id) => jobs.change(id, { priority: 9 }, 10),
  cancel: (jobs, id) => jobs.cancel(id, 10),
  retry: async (jobs, id) => (await jobs.retry(id, 10)).is === 'queued',
};

/** `requeued` is queued after a run of worker `w-1` that was lost. */
type Situation = JobState | 'requeued';

/** What may change a job of worker `w-1` in each situation; all else leaves it as it is. */
const MAY: Readonly<Record<Situation, readonly (typeof CHANGES)[number][]>> = {
  queued: ['change', 'cancel'],
  requeued: ['resume', 'complete', 'change', 'cancel'],
  offered: ['release', 'start', 'complete', 'cancel'],
  running: ['end', 'complete', 'cancel'],
  completed: [],
  failed: ['retry'],
  cancelled: ['retry'],
};
