import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { command } from '../child.ts';
import { setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const asked = async (studio: FakeStudio): Promise<string> => {
  const event = await studio.until('a registration', ({ is }) => is === 'asked');
  return 'requestId' in event ? event.requestId : '';
};

test('an approved worker saves who it is, opens the session and takes jobs', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  const workerId = await scene.studio.approve();
  await worker.live();
  expect(worker.config.current).toMatchObject({ worker_id: workerId });
  expect(worker.config.current.registration_secret).toBeUndefined();
  expect(worker.config.current.registration_request_id).toBeUndefined();
  const { id } = await scene.studio.createJob(anLlmTask());
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ workerId });
});

test('the operator sees who asks before deciding', async () => {
  await using scene = await setupStudio();
  await scene.startWorker({ credentials: undefined });
  await asked(scene.studio);
  const { registrations } = (await (await scene.studio.operator('GET', '/registrations')).json()) as {
    registrations: { installId: string }[];
  };
  expect(registrations).toMatchObject([{ machineName: 'rig-01', username: 'webber', vramTotalGb: 24 }]);
  expect(registrations[0]?.installId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test('a rejected worker stays, says what to do, and asks again after a reset', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  const first = await asked(scene.studio);
  await scene.studio.operator('POST', `/registrations/${first}/reject`, { reason: 'unknown machine' });
  const { fields } = await worker.logged('registration.rejected');
  expect(fields['reason']).toBe('unknown machine');
  expect(fields['remedy']).toContain('register --reset');
  expect(worker.status().stopping).toBe(false);

  expect((await command(worker.folder, 'register', '--reset')).code).toBe(0);
  expect(await asked(scene.studio)).not.toBe(first);
});

test('a reset in another process lets a waiting worker ask as somebody new', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  const first = await asked(scene.studio);
  await worker.until('a saved request', () => worker.config.current.registration_request_id === first);
  expect((await command(worker.folder, 'register', '--reset')).code).toBe(0);
  const second = await asked(scene.studio);
  expect(second).not.toBe(first);
  const answer = await scene.studio.operator('POST', `/registrations/${second}/approve`);
  expect(answer.status).toBe(200);
  await worker.live();
});

test('a worker waits for its approval as long as it takes', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  await asked(scene.studio);
  await worker.until('a saved request', () => worker.config.current.registration_request_id !== undefined);
  worker.clock.skip(24 * 3_600_000);
  expect(worker.status()).toMatchObject({ stopping: false, session: { at: 'idle' } });
  await scene.studio.operator('POST', `/registrations/${worker.config.current.registration_request_id}/approve`);
  await worker.until('a live session', () => {
    const { at } = worker.status().session;
    if (at === 'idle') worker.clock.skip(1_000);
    return at === 'live';
  });
});

test('an approval given while the worker was away is found at its next start', async () => {
  await using scene = await setupStudio();
  const first = await scene.startWorker({ credentials: undefined });
  const requestId = await asked(scene.studio);
  await first.until('a saved request', () => first.config.current.registration_request_id === requestId);
  first.signal();
  expect(await first.ended).toBe(0);
  await scene.studio.operator('POST', `/registrations/${requestId}/approve`);
  const second = await scene.startWorker({ folder: first.folder });
  await second.live();
  expect(scene.studio.events.filter(({ is }) => is === 'asked')).toHaveLength(1);
});

test('a bootstrap token replaces the wait for approval, once', async () => {
  await using scene = await setup();
  const { token } = (await (await scene.studio.operator('POST', '/bootstrap-tokens')).json()) as { token: string };
  const spend = ['register', '--api-base-url', scene.studio.url, '--bootstrap-token', token];
  const folder = join(scene.worker.folder, 'another');
  const { code, out } = await command(folder, ...spend);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('registered as ') });
  const other = await scene.startWorker({ folder });
  await other.live();
  const third = join(scene.worker.folder, 'third');
  expect(await command(third, ...spend)).toMatchObject({ code: 77 });
  expect(await readFile(join(third, 'config.toml'), 'utf8')).not.toContain('auth_token');
});

test('a bootstrap token spent elsewhere reaches a worker that waits', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  await asked(scene.studio);
  const { token } = (await (await scene.studio.operator('POST', '/bootstrap-tokens')).json()) as { token: string };
  expect((await command(worker.folder, 'register', '--bootstrap-token', token)).code).toBe(0);
  await worker.live();
  expect(existsSync(join(worker.folder, 'config.toml'))).toBe(true);
});

test('a bootstrap token in the config registers the worker and is removed', async () => {
  await using scene = await setupStudio();
  const { token } = (await (await scene.studio.operator('POST', '/bootstrap-tokens')).json()) as { token: string };
  const worker = await scene.startWorker({ credentials: undefined, config: { bootstrap_token: token } });
  await worker.live();
  await worker.until('a token that is spent', () => worker.config.current.bootstrap_token === undefined);
  expect(worker.config.current.worker_id).toBeString();
  expect(await readFile(worker.config.path, 'utf8')).not.toContain(token);
  expect(scene.studio.events.filter(({ is }) => is === 'asked')).toEqual([]);
});

test('a rejected bootstrap token is removed, and the worker asks for approval', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined, config: { bootstrap_token: 'of-yesteryear' } });
  await asked(scene.studio);
  expect(worker.config.current.bootstrap_token).toBeUndefined();
  expect(await readFile(worker.config.path, 'utf8')).not.toContain('of-yesteryear');
});
