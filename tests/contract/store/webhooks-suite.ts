import { expect } from 'bun:test';
import type { WebhookRow, WebhookTable } from '../../../src/local-studio/storage/tables/webhooks.ts';
import { aJob, aResult, bringTo, type It } from './stored-jobs.ts';

const AT = Date.UTC(2026, 4, 25, 12);
const TAKEN_MS = 60_000;

const aWebhook = (id: string, about: Partial<WebhookRow> = {}): WebhookRow => ({
  id,
  url: `https://${id}.example/hook?token=1`,
  events: ['completed', 'failed', 'cancelled'],
  secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  createdAt: 1,
  disabledAt: undefined,
  disabledBecause: undefined,
  ...about,
});

const all = { state: undefined, webhookId: undefined, jobId: undefined, limit: 100 } as const;
const idsOf = async (webhooks: WebhookTable): Promise<readonly string[]> =>
  (await webhooks.deliveries(all)).map(({ id }) => id).toSorted();
const takeDue = (webhooks: WebhookTable, except: readonly string[] = [], limit = 64) =>
  webhooks.takeDue({ at: AT, forMs: TAKEN_MS, except, limit });

/** What every implementation of `Store` promises about webhooks and their outbox. */
export function testWebhooks(it: It): void {
  it('whoever asked for it is told of a job that ends, with its end', async ({ store: { jobs, webhooks } }) => {
    let told = 0;
    webhooks.onQueued(() => told++);
    await bringTo(jobs, 'before', 'completed');
    expect(told).toBe(0);
    await webhooks.add(aWebhook('wh-all'));
    await webhooks.add(aWebhook('wh-failed', { events: ['failed'] }));
    await bringTo(jobs, 'done', 'completed', { webhook: 'https://own.example/' });
    await bringTo(jobs, 'lost', 'failed');
    await bringTo(jobs, 'again', 'requeued');
    await jobs.cancel('again', 7);
    const now = await jobs.now(AT);
    await jobs.add(aJob('late', { deadlineAt: now - 1 }));
    await jobs.expire(AT, 5);
    expect(await idsOf(webhooks)).toEqual([
      'again-7-wh-all',
      'done-4-own',
      'done-4-wh-all',
      `late-${AT}-wh-all`,
      `late-${AT}-wh-failed`,
      'lost-4-wh-all',
      'lost-4-wh-failed',
    ]);
    expect(told).toBe(4);
    const delivery = await webhooks.delivery(`late-${AT}-wh-failed`);
    expect(JSON.parse(delivery?.facts ?? '')).toEqual({
      jobId: 'late',
      project: 'default',
      kind: 'llm',
      model: 'm-1',
      gameId: 'g',
      assetName: 'a',
      outcome: 'failed',
      reason: 'deadline passed before a worker took it',
      attempt: 0,
      createdAt: 1,
      finishedAt: AT,
    });
  });

  it('of two results of one job one is told of', async ({ store: { jobs, webhooks } }) => {
    await webhooks.add(aWebhook('wh-1'));
    await bringTo(jobs, 'a', 'running');
    await Promise.all([5, 6].map((at) => jobs.complete('a', 'w-1', aResult, at)));
    expect(await idsOf(webhooks)).toHaveLength(1);
  });

  it('a job that is retried ends again as an event of its own', async ({ store: { jobs, webhooks } }) => {
    await webhooks.add(aWebhook('wh-1'));
    await bringTo(jobs, 'a', 'failed');
    await jobs.retry('a', 5);
    await jobs.cancel('a', 6);
    expect(await idsOf(webhooks)).toEqual(['a-4-wh-1', 'a-6-wh-1']);
  });

  it('each origin is given one at a time, however many wait', async ({ store: { jobs, webhooks } }) => {
    for (let at = 0; at < 20; at++) {
      await jobs.add(aJob(`busy-${at}`, { webhook: 'https://a-busy.example/' }));
      await jobs.cancel(`busy-${at}`, at);
    }
    await jobs.add(aJob('quiet', { webhook: 'https://quiet.example/' }));
    await jobs.cancel('quiet', 99);
    const first = (await takeDue(webhooks)).map(({ jobId, origin, attempts }) => [jobId, origin, attempts]);
    expect(first.toSorted()).toEqual([
      ['busy-0', 'https://a-busy.example', 1],
      ['quiet', 'https://quiet.example', 1],
    ]);
    expect((await takeDue(webhooks)).map(({ jobId }) => jobId)).toEqual(['busy-1']);
    expect(await takeDue(webhooks, ['https://a-busy.example'])).toEqual([]);
  });

  it('no more is taken than asked for, however many origins there are', async ({ store: { jobs, webhooks } }) => {
    for (let at = 0; at < 7; at++) {
      await jobs.add(aJob(`job-${at}`, { webhook: `https://r-${at}.example/` }));
      await jobs.cancel(`job-${at}`, 2);
    }
    const taken = [await takeDue(webhooks, [], 3), await takeDue(webhooks, ['https://r-3.example'], 3)];
    expect(taken.map((each) => each.length)).toEqual([3, 3]);
    taken.push(await takeDue(webhooks, [], 3), await takeDue(webhooks, [], 3));
    expect(new Set(taken.flat().map(({ id }) => id)).size).toBe(7);
    expect(taken.map((each) => each.length)).toEqual([3, 3, 1, 0]);
  });

  it('what is taken at the same time is taken once', async ({ store: { jobs, webhooks } }) => {
    for (let at = 0; at < 12; at++) {
      await jobs.add(aJob(`job-${at}`, { webhook: `https://r-${at % 3}.example/` }));
      await jobs.cancel(`job-${at}`, 2);
    }
    const taken = await Promise.all(Array.from({ length: 12 }, () => takeDue(webhooks)));
    const ids = taken.flat().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([new Set(ids).size, ids.length]);
    for (let more = await takeDue(webhooks); more.length > 0; more = await takeDue(webhooks)) {
      ids.push(...more.map(({ id }) => id));
    }
    expect([ids.length, new Set(ids).size]).toEqual([12, 12]);
  });

  it('what came of an attempt counts while it is the latest', async ({ store: { jobs, webhooks } }) => {
    await bringTo(jobs, 'a', 'cancelled', { webhook: 'https://own.example/' });
    const [delivery] = await takeDue(webhooks);
    if (delivery === undefined) throw new Error('nothing was due');
    const dueInMs = (await webhooks.nextDueInMs(AT)) ?? 0;
    expect([dueInMs > TAKEN_MS / 2, dueInMs <= TAKEN_MS]).toEqual([true, true]);
    const failed = { state: 'pending', status: 500, error: 'answered 500', inMs: 0 } as const;
    expect(await webhooks.totals()).toEqual({ active: 0, disabled: 0, pending: 1, failing: 0 });
    expect(await webhooks.settle(delivery, failed, AT)).toBe(true);
    expect(await webhooks.totals()).toEqual({ active: 0, disabled: 0, pending: 1, failing: 1 });
    const [again] = await takeDue(webhooks);
    expect(again).toMatchObject({ id: delivery.id, attempts: 2, lastStatus: 500, lastError: 'answered 500' });
    const done = { state: 'delivered', status: 204, error: undefined, inMs: 0 } as const;
    expect(await webhooks.settle(delivery, done, AT)).toBe(false);
    expect(await webhooks.settle({ id: delivery.id, attempts: 2 }, done, AT)).toBe(true);
    expect(await webhooks.delivery(delivery.id)).toMatchObject({ state: 'delivered', endedAt: AT, lastStatus: 204 });
    expect([await webhooks.retry(delivery.id), await takeDue(webhooks)]).toEqual([false, []]);
  });

  it('what failed is sent again on request, with all its attempts', async ({ store: { jobs, webhooks } }) => {
    await bringTo(jobs, 'a', 'cancelled', { webhook: 'https://own.example/' });
    const [delivery] = await takeDue(webhooks);
    if (delivery === undefined) throw new Error('nothing was due');
    await webhooks.settle(delivery, { state: 'failed', status: 404, error: 'answered 404', inMs: 0 }, AT);
    expect(await takeDue(webhooks)).toEqual([]);
    expect(await webhooks.retry(delivery.id)).toBe(true);
    expect(await takeDue(webhooks)).toMatchObject([{ id: delivery.id, attempts: 1 }]);
  });

  it('what was for a webhook that is gone or disabled is given up', async ({ store: { jobs, webhooks } }) => {
    for (const id of ['wh-1', 'wh-2', 'wh-3']) await webhooks.add(aWebhook(id));
    await bringTo(jobs, 'a', 'cancelled');
    expect([await webhooks.remove('wh-1', AT), await webhooks.remove('wh-1', AT)]).toEqual([true, false]);
    await webhooks.disable('wh-2', 'it had enough', AT);
    expect(await webhooks.list()).toMatchObject([
      { id: 'wh-2', disabledBecause: 'it had enough', disabledAt: AT, pending: 0 },
      { id: 'wh-3', disabledAt: undefined, pending: 1 },
    ]);
    expect(await webhooks.delivery('a-2-wh-1')).toMatchObject({
      state: 'failed',
      lastError: 'the webhook was removed',
    });
    expect((await takeDue(webhooks)).map(({ webhookId }) => webhookId)).toEqual(['wh-3']);
    await bringTo(jobs, 'b', 'cancelled');
    expect(await idsOf(webhooks)).not.toContain('b-2-wh-2');
  });

  it('a webhook is enabled again, and told of what ends from then on', async ({ store: { jobs, webhooks } }) => {
    await webhooks.add(aWebhook('wh-1'));
    await bringTo(jobs, 'a', 'cancelled');
    expect([await webhooks.enable('wh-1'), await webhooks.enable('wh-9')]).toEqual([false, false]);
    await webhooks.disable('wh-1', 'it had enough', AT);
    await bringTo(jobs, 'b', 'cancelled');
    expect(await webhooks.retry('a-2-wh-1')).toBe(false);
    expect([await webhooks.enable('wh-1'), await webhooks.enable('wh-1')]).toEqual([true, false]);
    expect(await webhooks.get('wh-1')).toEqual(aWebhook('wh-1'));
    await bringTo(jobs, 'c', 'cancelled');
    expect((await takeDue(webhooks)).map(({ id }) => id)).toEqual(['c-2-wh-1']);
    expect(await webhooks.retry('a-2-wh-1')).toBe(true);
    await webhooks.remove('wh-1', AT);
    expect(await webhooks.retry('c-2-wh-1')).toBe(false);
  });

  it('deliveries are listed newest first, and forgotten once they ended', async ({ store: { jobs, webhooks } }) => {
    await webhooks.add(aWebhook('wh-1'));
    for (const id of ['a', 'b', 'c']) await bringTo(jobs, id, 'cancelled');
    const listed = async (query: Partial<Parameters<WebhookTable['deliveries']>[0]>) =>
      (await webhooks.deliveries({ ...all, ...query })).map(({ jobId }) => jobId);
    expect(await listed({ limit: 2 })).toEqual(['c', 'b']);
    expect(await listed({ jobId: 'a', webhookId: 'wh-1', state: 'pending' })).toEqual(['a']);
    const [delivery] = await takeDue(webhooks);
    if (delivery === undefined) throw new Error('nothing was due');
    await webhooks.settle(delivery, { state: 'delivered', status: 200, error: undefined, inMs: 0 }, AT);
    await webhooks.prune(AT);
    expect(await listed({})).toEqual(['c', 'b', 'a']);
    await webhooks.prune(AT + 1);
    expect(await listed({})).toEqual(['c', 'b']);
  });

  it('the secret that signs for jobs’ own webhooks is made once', async ({ store: { webhooks }, reopen }) => {
    expect([await webhooks.studioSecret('one'), await webhooks.studioSecret('two')]).toEqual(['one', 'one']);
    await webhooks.add(aWebhook('wh-1'));
    const again = await reopen();
    expect(await again.webhooks.studioSecret('three')).toBe('one');
    expect(await again.webhooks.get('wh-1')).toEqual(aWebhook('wh-1'));
  });
}
