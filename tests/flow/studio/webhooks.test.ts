import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  CreatedWebhookSchema,
  DeliveryListSchema,
  type DeliveryView,
  WebhookListSchema,
  WebhookSecretSchema,
} from '../../../src/contract/operator/webhooks.ts';
import { JobViewSchema } from '../../../src/contract/operator/views.ts';
import { AuditPageSchema } from '../../../src/contract/operator/audit.ts';
import { moveStudioData } from '../../../src/local-studio/storage/moving/move-data.ts';
import { pause } from '../../../src/base/pause.ts';
import { POLL_MS } from '../../../src/local-studio/webhooks/dispatcher.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { type HookReceiver, hookReceiver, isSigned } from '../../fakes/studio/hook-receiver.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { PATIENCE_MS, TEST_MS, waitFor } from '../wait-for.ts';
import { spawnStudio } from './killed-studios.ts';
import { anImage, working } from './local-studio-scene.ts';

setDefaultTimeout(TEST_MS);
const { newDatabase } = postgresOfFile();

const failing = () => new Response('no', { status: 500 });

async function addWebhook(studio: FakeStudio, url: string, about: Readonly<Record<string, unknown>> = {}) {
  const answer = await studio.operator('POST', '/webhooks', { url, ...about });
  return v.parse(CreatedWebhookSchema, await answer.json());
}

const deliveriesOf = async (studio: FakeStudio): Promise<readonly DeliveryView[]> =>
  v.parse(DeliveryListSchema, await (await studio.operator('GET', '/webhooks/deliveries')).json()).deliveries;

/** Queues a job and cancels it, which is an end like any other. */
async function endedJob(studio: FakeStudio, about: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { id } = await studio.createJob(anLlmTask(), about);
  await studio.operator('POST', `/jobs/${id}/cancel`);
  return id;
}

async function stateIs(studio: FakeStudio, state: DeliveryView['state'], count = 1): Promise<void> {
  const lastMs = systemClock.elapsed() + PATIENCE_MS;
  for (;;) {
    const deliveries = await deliveriesOf(studio);
    if (deliveries.filter((each) => each.state === state).length === count) return;
    if (systemClock.elapsed() > lastMs) throw new Error(`waited for ${count} ${state}: ${JSON.stringify(deliveries)}`);
    await pause(systemClock, 10);
  }
}

/** Lets time pass until the receiver has had so many requests. */
async function passUntil(clock: FakeClock, receiver: HookReceiver, requests: number): Promise<void> {
  await waitFor(
    `request ${requests}`,
    () => {
      clock.advance(1_000);
      return receiver.requests.length >= requests;
    },
    () => String(receiver.requests.length),
  );
}

test('a completed job is told of, signed, with the place of its artifact', async () => {
  using receiver = hookReceiver();
  await using studio = await fakeStudio();
  const { secret } = await addWebhook(studio, receiver.url);
  using worker = await bareWorker(await studio.enrol());
  const job = await working(studio, worker, anImage);
  await worker.upload(job.id);
  const told = await receiver.nth(1);
  expect([isSigned(told, secret), isSigned({ ...told, body: `${told.body} ` }, secret)]).toEqual([true, false]);
  const url = `${studio.url}/graphics/api/admin/jobs/${job.id}/artifact`;
  expect(JSON.parse(told.body)).toMatchObject({
    type: 'job.completed',
    data: { jobId: job.id, kind: 'image', outcome: 'completed', attempt: 1, artifacts: [{ url, ext: 'webp' }] },
  });
  await stateIs(studio, 'delivered');
  expect(await deliveriesOf(studio)).toMatchObject([{ id: told.id, attempts: 1, lastStatus: 204 }]);
});

test('a job’s own webhook is told, signed with the secret of the studio', async () => {
  using receiver = hookReceiver();
  await using studio = await fakeStudio();
  const id = await endedJob(studio, { webhook: `${receiver.url}?token=own` });
  const { secret } = v.parse(WebhookSecretSchema, await (await studio.operator('GET', '/webhooks/secret')).json());
  const told = await receiver.nth(1);
  expect(isSigned(told, secret)).toBe(true);
  expect(JSON.parse(told.body)).toMatchObject({ type: 'job.cancelled', data: { jobId: id } });
  expect((await studio.job(id)).webhook).toBe(receiver.url);
});

test('a webhook is told of the ends that it asked for, and no others', async () => {
  using receiver = hookReceiver();
  await using studio = await fakeStudio();
  await addWebhook(studio, receiver.url, { events: ['failed'] });
  await endedJob(studio);
  using worker = await bareWorker(await studio.enrol());
  const job = await working(studio, worker);
  worker.send({ type: 'fail', jobId: job.id, error: 'no luck', retryable: false });
  const told = await receiver.nth(1);
  expect(JSON.parse(told.body)).toMatchObject({ type: 'job.failed', data: { reason: 'no luck', attempt: 1 } });
  expect(await deliveriesOf(studio)).toHaveLength(1);
});

test('an event is sent again with the same id until it arrives', async () => {
  const clock = new FakeClock();
  using receiver = hookReceiver([failing, () => Response.redirect('http://127.0.0.1:1/', 302)]);
  await using studio = await fakeStudio({ clock });
  await addWebhook(studio, `${receiver.url}?token=very-secret`);
  await endedJob(studio);
  await passUntil(clock, receiver, 3);
  await stateIs(studio, 'delivered');
  expect(new Set(receiver.requests.map(({ id }) => id)).size).toBe(1);
  const sent = receiver.requests.map(({ timestamp }) => Number(timestamp));
  expect((sent[1] ?? 0) - (sent[0] ?? 0)).toBeGreaterThanOrEqual(4);
  expect((sent[2] ?? 0) - (sent[1] ?? 0)).toBeGreaterThanOrEqual(12);
  expect(await deliveriesOf(studio)).toMatchObject([{ attempts: 3, lastStatus: 204 }]);
  const logged = JSON.stringify(studio.log.events);
  expect([logged.includes('answered 302, and redirects are not followed'), logged.includes('secret')]).toEqual([
    true,
    false,
  ]);
});

test('a receiver that asks for time is given it', async () => {
  const clock = new FakeClock();
  using receiver = hookReceiver([() => new Response(null, { status: 503, headers: { 'retry-after': '120' } })]);
  await using studio = await fakeStudio({ clock });
  await addWebhook(studio, receiver.url);
  await endedJob(studio);
  await passUntil(clock, receiver, 2);
  const [first, second] = receiver.requests.map(({ timestamp }) => Number(timestamp));
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(120);
});

test('a receiver that answers 410 gets no more, until it is enabled', async () => {
  using receiver = hookReceiver([() => new Response(null, { status: 410 })]);
  await using studio = await fakeStudio();
  const { id } = await addWebhook(studio, receiver.url);
  const missed = await endedJob(studio);
  await receiver.nth(1);
  await stateIs(studio, 'failed');
  await waitFor(
    'the webhook to be disabled',
    () => studio.log.find('webhook.disabled') !== undefined,
    () => studio.log.names().join(),
  );
  await endedJob(studio);
  expect(await deliveriesOf(studio)).toHaveLength(1);
  const { webhooks } = v.parse(WebhookListSchema, await (await studio.operator('GET', '/webhooks')).json());
  expect(webhooks).toMatchObject([{ disabledBecause: 'its receiver answered 410', pending: 0 }]);
  const [delivery] = await deliveriesOf(studio);
  const retry = () => studio.operator('POST', `/webhooks/deliveries/${delivery?.id}/retry`);
  expect(await (await retry()).json()).toMatchObject({ message: 'its webhook is disabled: enable that first' });
  const enabled = await studio.operator('POST', `/webhooks/${id}/enable`);
  expect([enabled.status, await enabled.json()]).toEqual([
    200,
    expect.not.objectContaining({ disabledAt: expect.anything() }),
  ]);
  expect(studio.log.find('webhook.enabled')).toMatchObject({ fields: { webhookId: id } });
  const twice = await studio.operator('POST', `/webhooks/${id}/enable`);
  expect([twice.status, (await studio.operator('POST', '/webhooks/wh-0/enable')).status]).toEqual([409, 404]);
  const next = await endedJob(studio);
  expect(JSON.parse((await receiver.nth(2)).body)).toMatchObject({ data: { jobId: next } });
  expect((await retry()).status).toBe(200);
  expect(JSON.parse((await receiver.nth(3)).body)).toMatchObject({ data: { jobId: missed } });
  const { entries } = v.parse(AuditPageSchema, await (await studio.operator('GET', '/audit')).json());
  expect(entries.filter(({ action }) => action === 'webhook.enabled')).toMatchObject([{ subject: id }]);
  await studio.operator('DELETE', `/webhooks/${id}`);
  expect(studio.log.find('webhook.removed')).toMatchObject({ fields: { webhookId: id } });
});

test('a receiver that hangs or pours holds up nobody else', async () => {
  const { promise: never } = Promise.withResolvers<Response>();
  const hang = (): Promise<Response> => never;
  using hanging = hookReceiver(Array.from({ length: 20 }, () => hang));
  const pour = () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) }));
  using pouring = hookReceiver(Array.from({ length: 20 }, () => pour));
  using receiver = hookReceiver();
  await using studio = await fakeStudio();
  for (const { url } of [hanging, pouring, receiver]) await addWebhook(studio, url);
  for (let at = 0; at < 10; at++) await endedJob(studio);
  await Promise.all([receiver.nth(10), pouring.nth(10)]);
  await stateIs(studio, 'delivered', 20);
  expect(hanging.requests.length).toBe(4); // so many at once, and none of them has ended
});

test('what is given up is listed, and sent again on request', async () => {
  using receiver = hookReceiver([() => new Response(null, { status: 410 })]);
  await using studio = await fakeStudio();
  await endedJob(studio, { webhook: receiver.url });
  await stateIs(studio, 'failed');
  const [given] = await deliveriesOf(studio);
  expect(given).toMatchObject({ state: 'failed', attempts: 1, lastStatus: 410, lastError: 'answered 410' });
  expect((await studio.operator('POST', `/webhooks/deliveries/${given?.id}/retry`)).status).toBe(200);
  const told = await receiver.nth(2);
  expect(told.id).toBe(given?.id ?? '');
  await stateIs(studio, 'delivered');
  expect((await studio.operator('POST', `/webhooks/deliveries/${given?.id}/retry`)).status).toBe(409);
});

test('a test event shows at once whether a receiver answers', async () => {
  using receiver = hookReceiver([failing]);
  await using studio = await fakeStudio();
  const { id, secret } = await addWebhook(studio, receiver.url);
  const tested = async () => await (await studio.operator('POST', `/webhooks/${id}/test`)).json();
  expect(await tested()).toMatchObject({ delivered: false, status: 500, error: 'answered 500' });
  expect(await tested()).toMatchObject({ delivered: true, status: 204 });
  const [, second] = receiver.requests;
  expect([second && isSigned(second, secret), second?.body.includes('webhook.test')]).toEqual([true, true]);
  expect(await deliveriesOf(studio)).toEqual([]);
});

test('a private receiver is refused where it is named, unless the operator allows it', async () => {
  using receiver = hookReceiver();
  await using studio = await fakeStudio({ webhooksToPrivate: false });
  const added = await studio.operator('POST', '/webhooks', { url: receiver.url });
  const created = await studio.operator('POST', '/jobs', {
    task: anLlmTask(),
    modelSource: synthetic,
    webhook: receiver.url.replace('http:', 'https:'),
  });
  expect([added.status, created.status]).toEqual([400, 400]);
  expect(await created.json()).toMatchObject({
    message: expect.stringContaining('leads to 127.0.0.1, which is not on the public internet'),
  });
  expect([await deliveriesOf(studio), receiver.requests]).toEqual([[], []]);
});

test('a private receiver from before is not told once that is forbidden', async () => {
  using receiver = hookReceiver();
  await using studio = await fakeStudio({ webhooksToPrivate: false });
  await studio.studio.store.webhooks.add({
    id: 'wh-1',
    url: receiver.url.replace('http:', 'https:'),
    events: ['cancelled'],
    secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    createdAt: 0,
    disabledAt: undefined,
    disabledBecause: undefined,
  });
  await endedJob(studio);
  await waitFor(
    'the refusal',
    () => studio.log.find('webhook.retried') !== undefined,
    () => studio.log.names().join(),
  );
  expect(receiver.requests).toEqual([]);
  expect(await deliveriesOf(studio)).toMatchObject([
    { state: 'pending', lastError: expect.stringContaining('not on the public internet') },
  ]);
});

test('the secret of a webhook is shown once, never in lists or logs', async () => {
  using receiver = hookReceiver();
  await using studio = await fakeStudio();
  const { secret } = await addWebhook(studio, `${receiver.url}?token=in-the-query`);
  await endedJob(studio);
  await receiver.nth(1);
  const shown = [
    await (await studio.operator('GET', '/webhooks')).text(),
    await (await studio.operator('GET', '/webhooks/deliveries')).text(),
    JSON.stringify(studio.log.events),
  ].join('\n');
  expect([shown.includes(secret.slice(6)), shown.includes('in-the-query')]).toEqual([false, false]);
});

test('a kill between the end of a job and its delivery loses nothing', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'webhooks-'));
  using taken = hookReceiver();
  const { url, port } = taken;
  taken[Symbol.dispose](); // nobody listens there for the moment
  const first = await spawnStudio(dataDir);
  const { id } = v.parse(
    JobViewSchema,
    await (await first.call('POST', '/admin/jobs', { task: anLlmTask(), modelSource: synthetic, webhook: url })).json(),
  );
  await first.call('POST', `/admin/jobs/${id}/cancel`);
  first.child.kill('SIGKILL');
  await first.child.exited;
  using receiver = hookReceiver([], port);
  const second = await spawnStudio(dataDir);
  try {
    const told = await receiver.nth(1);
    expect(JSON.parse(told.body)).toMatchObject({ type: 'job.cancelled', data: { jobId: id } });
  } finally {
    second.child.kill('SIGKILL');
    await second.child.exited;
    await rm(dataDir, { recursive: true, force: true });
  }
});

needs(POSTGRES)('two studios on one database deliver each event once', async () => {
  const database = await newDatabase();
  using receiver = hookReceiver();
  await using one = await fakeStudio({ database });
  await using other = await fakeStudio({ database });
  await addWebhook(one, receiver.url);
  const ids = await Promise.all(Array.from({ length: 20 }, (_, at) => endedJob(at % 2 === 0 ? one : other)));
  await receiver.nth(20);
  await stateIs(one, 'delivered', 20);
  expect(receiver.requests).toHaveLength(20);
  const told = receiver.requests.map(({ body }) => (JSON.parse(body) as { data: { jobId: string } }).data.jobId);
  expect(told.toSorted()).toEqual(ids.toSorted());
});

needs(POSTGRES)('what one studio could not deliver another one does', async () => {
  const database = await newDatabase();
  using receiver = hookReceiver();
  const clock = new FakeClock();
  await using other = await fakeStudio({ database, clock });
  {
    await using one = await fakeStudio({ database, poster: offline });
    await addWebhook(one, receiver.url);
    await endedJob(one);
  }
  await makeDue(database);
  await clock.advanceAsync(POLL_MS);
  const told = await receiver.nth(1);
  expect(JSON.parse(told.body)).toMatchObject({ type: 'job.cancelled' });
  await stateIs(other, 'delivered');
});

/** As when an attempt is anybody's again, or its wait is over. */
async function makeDue(database: string): Promise<void> {
  await using sql = new Bun.SQL(database, { max: 1 });
  await sql.unsafe('UPDATE webhook_deliveries SET next_at = 0');
}

/** The way out of a studio that has none. */
const offline = {
  send: () => Promise.reject(new Error('no network')),
  refusalOf: () => Promise.resolve(undefined),
};

needs(POSTGRES)('a studio that moves takes its webhooks and what was not delivered along', async () => {
  const database = await newDatabase();
  using receiver = hookReceiver();
  await using old = await fakeStudio({ poster: offline });
  const { secret } = await addWebhook(old, receiver.url);
  const id = await endedJob(old);
  await old.studio.stop();
  await moveStudioData({ database, dataDir: old.dataDir }, studioEffects);
  await makeDue(database);
  await using studio = await fakeStudio({ database });
  const told = await receiver.nth(1);
  expect([isSigned(told, secret), told.body.includes(id)]).toEqual([true, true]);
  await endedJob(studio);
  await receiver.nth(2);
});
