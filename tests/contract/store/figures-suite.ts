import { expect } from 'bun:test';
import { NO_LIMITS } from '../../../src/local-studio/storage/tables/projects.ts';
import type { JobEnding } from '../../../src/local-studio/storage/tables/figures.ts';
import { aJob, aResult, bringTo, criteria, type It } from './stored-jobs.ts';

const AT = 1_000;

/** What every implementation of `Store` promises about figures. */
export function testFigures(it: It): void {
  it('figures tell open jobs by project, kind and state, and who waits longest', async ({ store }) => {
    const { jobs, projects, figures } = store;
    await projects.add({ name: 'renders', createdAt: 1, limits: NO_LIMITS });
    await bringTo(jobs, 'running', 'running', { kind: 'video' });
    await bringTo(jobs, 'completed', 'completed');
    await bringTo(jobs, 'failed', 'failed');
    for (const [id, createdAt] of [
      ['a', 7],
      ['b', 5],
      ['c', 6],
    ] as const) {
      await jobs.add(aJob(id, { project: 'renders', kind: id === 'a' ? 'image' : 'llm', createdAt }));
    }
    await jobs.add(aJob('d', { createdAt: 9 }));
    const read = await figures.read(AT);
    expect(read.projects).toEqual(['default', 'renders']);
    expect(sorted(read.jobs)).toEqual(
      sorted([
        { project: 'default', kind: 'llm', state: 'queued', count: 1 },
        { project: 'default', kind: 'video', state: 'running', count: 1 },
        { project: 'renders', kind: 'image', state: 'queued', count: 1 },
        { project: 'renders', kind: 'llm', state: 'queued', count: 2 },
      ]),
    );
    expect(sorted(read.oldestQueued)).toEqual(
      sorted([
        { project: 'default', createdAt: 9 },
        { project: 'renders', createdAt: 5 },
      ]),
    );
  });

  it('figures of an empty store are all 0', async ({ store: { figures } }) => {
    expect(await figures.read(AT)).toMatchObject({
      projects: ['default'],
      jobs: [],
      oldestQueued: [],
      workers: 0,
      pendingRegistrations: 0,
      webhooks: { active: 0, disabled: 0 },
      deliveries: { pending: 0, due: 0 },
    });
    expect(await figures.artifacts()).toEqual({ count: 0, sizeBytes: 0 });
  });

  it('figures tell artifacts that are kept, and deliveries that are due', async ({ store }) => {
    const { jobs, webhooks, figures } = store;
    const artifact = { name: 'x.webp', ext: 'webp', contentType: 'image/webp', sizeBytes: 5, sha256: '00' };
    for (const id of ['kept', 'gone']) {
      await bringTo(jobs, id, 'running');
      await jobs.complete(id, 'w-1', { prompt: undefined, artifact: { ...artifact, name: id } }, 4);
    }
    await jobs.forgetArtifact('gone', 'gone');
    for (const id of ['told', 'retried']) await bringTo(jobs, id, 'cancelled', { webhook: `https://${id}.example/x` });
    const now = await jobs.now(AT);
    const [first] = await webhooks.takeDue({ at: now, forMs: 60_000, except: [], limit: 1 });
    expect(first?.attempts).toBe(1);
    expect(await figures.artifacts()).toEqual({ count: 1, sizeBytes: 5 });
    expect((await figures.read(now)).deliveries).toEqual({ pending: 2, due: 1 });
  });

  it('whoever listens is told of each job that ends, however that is', async ({ store }) => {
    const { jobs, projects, figures } = store;
    const told: JobEnding[] = [];
    const stop = figures.onEnded((endings) => told.push(...endings));
    await bringTo(jobs, 'completed', 'completed');
    await bringTo(jobs, 'failed', 'failed', { kind: 'video' });
    await store
      .audited({ at: 1, actor: 'operator', action: 'job.cancelled', subject: 'x' })
      .jobs.add(aJob('cancelled'));
    await store
      .audited({ at: 1, actor: 'operator', action: 'job.cancelled', subject: 'x' })
      .jobs.cancel('cancelled', 8);
    await jobs.add(aJob('late', { deadlineAt: 1 }));
    await jobs.expire(await jobs.now(AT), 10);
    await projects.add({ name: 'renders', createdAt: 1, limits: NO_LIMITS });
    await jobs.add(aJob('left', { project: 'renders', createdAt: 3 }));
    await projects.remove('renders', 9, true);
    expect(told.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      'llm completed',
      'video failed',
      'llm cancelled',
      'llm failed',
      'llm cancelled',
    ]);
    expect(told[0]).toEqual({ kind: 'llm', outcome: 'completed', createdAt: 1, finishedAt: 4 });
    stop();
    await bringTo(jobs, 'unheard', 'completed');
    expect(told).toHaveLength(5);
  });

  it('nobody is told of an end for a job that is queued again', async ({ store: { jobs, figures } }) => {
    const told: JobEnding[] = [];
    figures.onEnded((endings) => told.push(...endings));
    await bringTo(jobs, 'lost', 'had before');
    expect(await jobs.get('lost')).toMatchObject({ state: 'queued' });
    await jobs.offerNext(criteria('w-1'), 5);
    expect(await jobs.complete('lost', 'w-2', aResult, 6)).toBe(false);
    expect(told).toEqual([]);
  });
}

/** In any order. */
const sorted = <T>(items: readonly T[]): readonly T[] =>
  items.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
