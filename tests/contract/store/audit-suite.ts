import { expect } from 'bun:test';
import { NO_LIMITS } from '../../../src/local-studio/storage/tables/projects.ts';
import type { AuditDraft } from '../../../src/local-studio/storage/tables/audit.ts';
import { aJob, type It } from './stored-jobs.ts';

const anEntry = (about: Partial<AuditDraft> = {}): AuditDraft => ({
  at: 1,
  actor: 'operator',
  action: 'job.created',
  subject: 'a',
  ...about,
});

/** What every implementation of `Store` promises about the audit log. */
export function testAudit(it: It): void {
  it('a change stands in the audit log once it has happened', async ({ store }) => {
    const entry: AuditDraft = {
      at: 5,
      actor: 'token',
      actorId: 'swp_1',
      actorName: 'ci',
      action: 'job.created',
      subject: 'a',
      project: 'default',
      details: { kind: 'llm', scopes: ['read'] },
      address: '10.0.0.1',
    };
    await store.audited(entry).jobs.add(aJob('a'));
    expect(await store.jobs.get('a')).toMatchObject({ state: 'queued' });
    const [row, ...others] = await store.audit.page({ limit: 10 });
    expect(others).toEqual([]);
    expect(row).toEqual({ ...entry, seq: row?.seq ?? 0, details: '{"kind":"llm","scopes":["read"]}' });
  });

  it('what changed nothing is not in the audit log', async ({ store }) => {
    const audited = store.audited(anEntry());
    await store.projects.add({ name: 'p', createdAt: 1, limits: { ...NO_LIMITS, maxQueued: 0 } });
    expect((await audited.jobs.add(aJob('a', { project: 'p' }))).is).toBe('limit-reached');
    expect((await audited.jobs.add(aJob('a', { project: 'nobody' }))).is).toBe('no-project');
    expect(await audited.jobs.cancel('a', 2)).toBe(false);
    expect((await audited.jobs.retry('a', 2)).is).toBe('not-ended');
    expect(await audited.jobs.change('a', { priority: 1 }, 2)).toBe(false);
    expect(await audited.jobs.forgetArtifact('a', 'a.png')).toBe(false);
    expect(await audited.models.remove('m')).toBe(false);
    expect(await audited.workers.remove('w')).toBe(false);
    expect(await audited.tokens.remove('swp_1')).toBe(false);
    expect(await audited.webhooks.enable('wh-1')).toBe(false);
    expect((await audited.projects.remove('q', 2, true)).is).toBe('unknown');
    await store.jobs.add(aJob('b'));
    expect((await audited.projects.remove('default', 2, false)).is).toBe('busy');
    expect(await store.audit.page({ limit: 10 })).toEqual([]);
  });

  it('the audit log is read from either end, and from a time on', async ({ store: { audit } }) => {
    for (const at of [10, 20, 30, 40]) await audit.add(anEntry({ at, subject: `s-${at}` }));
    const timesOf = async (query: Partial<Parameters<typeof audit.page>[0]>): Promise<readonly number[]> =>
      (await audit.page({ limit: 10, ...query })).map(({ at }) => at);
    expect(await timesOf({ limit: 3 })).toEqual([40, 30, 20]);
    const [newest] = await audit.page({ limit: 1 });
    expect(await timesOf({ before: newest?.seq, limit: 2 })).toEqual([30, 20]);
    expect(await timesOf({ since: 25 })).toEqual([40, 30]);
    expect(await timesOf({ after: (newest?.seq ?? 0) - 2 })).toEqual([30, 40]);
    expect(await timesOf({ after: 0, since: 35 })).toEqual([40]);
  });

  it('the audit log loses its oldest entries by their age alone', async ({ store: { audit } }) => {
    for (const at of [10, 20, 30]) await audit.add(anEntry({ at }));
    expect([await audit.removeBefore(30, 1), await audit.removeBefore(30, 5), await audit.removeBefore(30, 5)]).toEqual(
      [1, 1, 0],
    );
    expect((await audit.page({ limit: 10 })).map(({ at }) => at)).toEqual([30]);
  });
}
