import { expect, setDefaultTimeout, test } from 'bun:test';
import type { AuditEntry } from '../../../src/contract/operator/audit.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { HOUSEKEEPING_MS } from '../../../src/local-studio/retention.ts';
import { anLlmTask, someCapabilities, synthetic } from '../../fakes/builders.ts';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { TEST_MS } from '../wait-for.ts';
import { anImage, working } from './local-studio-scene.ts';
import { asProject, projectToken } from './project-scene.ts';

setDefaultTimeout(TEST_MS);

const entriesOf = async (studio: FakeStudio, query = ''): Promise<readonly AuditEntry[]> => {
  const page = (await (await studio.operator('GET', `/audit${query}`)).json()) as { entries: AuditEntry[] };
  return page.entries;
};

const aModel = { id: 'm', kind: 'llm', vramGbEstimate: 1, source: synthetic };

/** Does all that an operator can do, and returns every secret that was in it. */
async function doEverything(studio: FakeStudio): Promise<readonly string[]> {
  await studio.operator('POST', '/projects', { name: 'p', maxRunning: 3 });
  await studio.operator('PATCH', '/projects/p', { maxQueued: 9 });
  const token = await projectToken(studio, { name: 'ci' });
  const credentials = await studio.enrol();
  const created = await asProject(studio, token, 'POST', '/jobs', {
    task: anLlmTask(),
    model: 'synthetic',
    modelSource: { ...synthetic },
  });
  const { id } = (await created.json()) as { id: string };
  await asProject(studio, token, 'PATCH', `/jobs/${id}`, { priority: 4 });
  await asProject(studio, token, 'POST', `/jobs/${id}/cancel`);
  await studio.operator('POST', `/jobs/${id}/retry`);
  await studio.operator('POST', '/models', aModel);
  await studio.operator('PUT', '/models/m', { ...aModel, vramGbEstimate: 2 });
  await studio.operator('DELETE', '/models/m');
  for (const verdict of ['approve', 'reject']) {
    await fetch(`${studio.url}${API_PREFIX}/workers/register-request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        installId: verdict,
        registrationSecretHash: 'a'.repeat(64),
        userAgent: 'test',
        capabilities: someCapabilities(),
      }),
    });
    const pending = (await (await studio.operator('GET', '/registrations')).json()) as {
      registrations: { requestId: string }[];
    };
    const requestId = pending.registrations[0]?.requestId ?? '';
    await studio.operator('POST', `/registrations/${requestId}/${verdict}`, { reason: 'no' });
  }
  const url = 'http://127.0.0.1:1/hook?token=of-the-receiver';
  const hook = (await (await studio.operator('POST', '/webhooks', { url })).json()) as { id: string; secret: string };
  await studio.operator('DELETE', `/webhooks/${hook.id}`);
  await studio.operator('DELETE', `/workers/${credentials.workerId}`);
  await studio.operator('DELETE', `/tokens/${token.split('_', 2).join('_')}`);
  await studio.operator('DELETE', '/projects/p?force=yes');
  return [
    token,
    token.split('_')[2] ?? token,
    credentials.authToken,
    studio.studio.operatorToken,
    hook.secret,
    'of-the-receiver',
  ];
}

test('whatever is changed stands in the audit log, by whom and from where', async () => {
  await using studio = await fakeStudio();
  await doEverything(studio);
  const entries = (await entriesOf(studio)).toReversed();
  expect(entries.map(({ action, actor }) => `${action} by ${actor}`)).toEqual([
    'project.added by operator',
    'project.changed by operator',
    'token.added by operator',
    'worker.invited by operator',
    'worker.approved by bootstrap-token',
    'job.created by token',
    'job.changed by token',
    'job.cancelled by token',
    'job.retried by operator',
    'model.added by operator',
    'model.replaced by operator',
    'model.removed by operator',
    'worker.approved by operator',
    'worker.rejected by operator',
    'webhook.added by operator',
    'webhook.removed by operator',
    'worker.removed by operator',
    'token.removed by operator',
    'project.removed by operator',
  ]);
  const created = entries.find(({ action }) => action === 'job.created');
  expect(created).toMatchObject({
    actorId: expect.stringMatching(/^swp_[\da-f]{8}$/),
    actorName: 'ci',
    project: 'p',
    subject: expect.stringMatching(/^job-/),
    address: '127.0.0.1',
  });
  expect(entries.find(({ action }) => action === 'project.changed')?.details).toEqual({ maxQueued: 9 });
});

test('no secret and no prompt is ever in the audit log', async () => {
  await using studio = await fakeStudio();
  const secrets = await doEverything(studio);
  const log = JSON.stringify(await entriesOf(studio, '?limit=1000'));
  expect(log.length).toBeGreaterThan(1_000);
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  expect(log).not.toContain(JSON.stringify(anLlmTask()).slice(1, -1));
});

test.each([
  [false, '127.0.0.1'],
  [true, '203.0.113.7'],
])('with a trusted proxy being %p a forwarded request is of %s', async (trustsProxy, address) => {
  await using studio = await fakeStudio({ trustsProxy });
  await fetch(`${studio.url}${API_PREFIX}/admin/projects`, {
    method: 'POST',
    headers: { authorization: `Bearer ${studio.studio.operatorToken}`, 'x-forwarded-for': '198.51.100.1, 203.0.113.7' },
    body: JSON.stringify({ name: 'p' }),
  });
  expect((await entriesOf(studio))[0]).toMatchObject({ action: 'project.added', address });
});

test('what is refused leaves no trace in the audit log', async () => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p', maxQueued: 0 });
  await studio.operator('POST', '/jobs', { task: anLlmTask(), model: 'x', modelSource: synthetic, project: 'p' });
  await studio.operator('DELETE', '/workers/nobody');
  await studio.operator('POST', '/projects', { name: 'p' });
  expect((await entriesOf(studio)).map(({ action }) => action)).toEqual(['project.added']);
});

test('the audit log is read page by page, and only by the operator', async () => {
  await using studio = await fakeStudio();
  for (const name of ['p', 'q', 'r']) await studio.operator('POST', '/projects', { name });
  const first = (await (await studio.operator('GET', '/audit?limit=2')).json()) as { nextCursor: string };
  expect((await entriesOf(studio, `?limit=2&cursor=${first.nextCursor}`)).map(({ subject }) => subject)).toEqual(['p']);
  expect(await entriesOf(studio, '?since=2099-01-01T00:00:00Z')).toEqual([]);
  expect((await studio.operator('GET', '/audit?since=yesterday')).status).toBe(400);
  expect((await asProject(studio, await projectToken(studio), 'GET', '/audit')).status).toBe(403);
});

test('artifacts that were kept long enough are written down, and so are entries', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock, keepArtifactsMs: 1_000, keepAuditMs: 10 * HOUSEKEEPING_MS });
  using worker = await bareWorker(await studio.enrol());
  const job = await working(studio, worker, anImage);
  await worker.upload(job.id, new Uint8Array([1, 2, 3]));
  const swept = async (action: string): Promise<AuditEntry | undefined> => {
    for (let asked = 0; asked < 200; asked++) {
      const found = (await entriesOf(studio)).find((entry) => entry.action === action);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  await clock.advanceAsync(HOUSEKEEPING_MS + 1_000);
  expect(await swept('artifact.expired')).toMatchObject({ actor: 'studio', subject: job.id, project: 'default' });
  await clock.advanceAsync(10 * HOUSEKEEPING_MS);
  expect(await swept('audit.expired')).toMatchObject({ actor: 'studio', details: { entries: expect.any(Number) } });
  expect((await entriesOf(studio)).some(({ action }) => action === 'job.created')).toBe(false);
});
