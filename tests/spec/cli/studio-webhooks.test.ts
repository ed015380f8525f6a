import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answers, withStudio } from './with-studio.ts';

const AT = '2026-05-25T12:00:00.000Z';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const aWebhook = (about: Readonly<Record<string, unknown>> = {}) => ({
  id: 'wh-7d6f',
  url: 'https://ci.example/renders',
  events: ['failed', 'cancelled'],
  createdAt: AT,
  pending: 2,
  ...about,
});
const listed: Answers = { 'GET /webhooks': () => Response.json({ webhooks: [aWebhook()] }) };
const added: Answers = { 'POST /webhooks': () => Response.json(aWebhook({ secret: SECRET }), { status: 201 }) };
const run = ['studio', 'webhooks'] as const;

test('an added webhook prints its secret this once', async () => {
  await using cli = await withStudio(added);
  expect(await cli.run(...run, 'add', 'https://ci.example/renders', '--events', 'failed, cancelled')).toBe(0);
  expect(cli.seen[0]?.body).toEqual({ url: 'https://ci.example/renders', events: ['failed', 'cancelled'] });
  expect(cli.out()).toBe(
    `added wh-7d6f: https://ci.example/renders is told of jobs by how they end: failed, cancelled\nsecret, shown this once: ${SECRET}\n`,
  );
});

test('a secret of the operator’s own is read from its file, and not printed', async () => {
  await using cli = await withStudio(added);
  const file = join(cli.folder, 'secret');
  await writeFile(file, `${SECRET}\n`);
  expect(await cli.run(...run, 'add', 'https://ci.example/renders', '--secret-file', file)).toBe(0);
  expect(cli.seen[0]?.body).toMatchObject({ secret: SECRET });
  expect(cli.out()).not.toContain(SECRET);
});

test.each([
  [['--events', 'started'], '--events names "started"; allowed: completed, failed, cancelled'],
  [['--secret-file', '/nowhere/secret'], '/nowhere/secret'],
])('a webhook with %p is a slip of the pen', async (flags, message) => {
  await using cli = await withStudio(added);
  expect(await cli.run(...run, 'add', 'https://ci.example/renders', ...flags)).toBe(64);
  expect(cli.err()).toContain(message);
  expect(cli.seen).toEqual([]);
});

test.each(['hunter2', `whsec_${'hunter2'.repeat(5)}`])(
  'a file with %p for a secret is named, and not shown',
  async (text) => {
    await using cli = await withStudio(added);
    const file = join(cli.folder, 'secret');
    await writeFile(file, text);
    expect(await cli.run(...run, 'add', 'https://ci.example/renders', '--secret-file', file)).toBe(64);
    expect([cli.err().includes(`${file} does not hold a secret`), cli.err().includes('hunter2')]).toEqual([
      true,
      false,
    ]);
  },
);

test('webhooks are listed with what waits for them', async () => {
  await using cli = await withStudio(listed);
  expect(await cli.run(...run, 'list')).toBe(0);
  expect(cli.out().split('\n')[1]).toMatch(
    /^wh-7d6f +active +2 +\d+ d ago +failed,cancelled +https:\/\/ci\.example\/renders$/,
  );
});

test('a webhook is removed by the beginning of its id', async () => {
  await using cli = await withStudio({
    ...listed,
    'DELETE /webhooks/wh-7d6f': () => new Response(null, { status: 204 }),
  });
  expect(await cli.run(...run, 'rm', 'wh-7')).toBe(0);
  expect(cli.out()).toBe('removed wh-7d6f\n');
});

test('a disabled webhook is enabled, and what it missed can be listed', async () => {
  await using cli = await withStudio({ ...listed, 'POST /webhooks/wh-7d6f/enable': () => Response.json(aWebhook()) });
  expect(await cli.run(...run, 'enable', 'wh-7')).toBe(0);
  expect(cli.out()).toContain('enabled wh-7d6f: https://ci.example/renders is told of jobs again\n');
  expect(cli.out()).toContain('`studio-worker studio webhooks deliveries --webhook wh-7d6f --state failed`');
  expect(await cli.run(...run, 'enable', 'wh-7d6f', '--json')).toBe(0);
  expect(cli.out()).toContain('"id": "wh-7d6f"');
});

test.each([
  [{ delivered: true, status: 204, tookMs: 340 }, 0, 'delivered: 204 after 340 ms\n'],
  [{ delivered: false, status: 500, error: 'answered 500', tookMs: 3 }, 1, 'not delivered: answered 500\n'],
])('a test that ends in %p exits with %i', async (answer, code, out) => {
  await using cli = await withStudio({ ...listed, 'POST /webhooks/wh-7d6f/test': () => Response.json(answer) });
  expect(await cli.run(...run, 'test', 'wh-7d6f')).toBe(code);
  expect(cli.out()).toBe(out);
});

test('deliveries are listed with the last answer, and sent again by id', async () => {
  const delivery = {
    id: 'job-1-5-wh-7d6f',
    webhookId: 'wh-7d6f',
    jobId: 'job-1',
    event: 'failed',
    state: 'failed',
    attempts: 12,
    createdAt: AT,
    lastStatus: 500,
    lastError: 'answered 500',
  };
  await using cli = await withStudio({
    ...listed,
    'GET /webhooks/deliveries': () => Response.json({ deliveries: [delivery] }),
    'POST /webhooks/deliveries/job-1-5-wh-7d6f/retry': () => Response.json({ ...delivery, state: 'pending' }),
  });
  expect(await cli.run(...run, 'deliveries', '--state', 'failed', '--webhook', 'wh-7')).toBe(0);
  expect(cli.seen.at(-1)?.path).toBe('/webhooks/deliveries?limit=50&state=failed&webhook=wh-7d6f');
  expect(cli.out().split('\n')[1]).toMatch(/^job-1-5-wh-7d6f +failed +failed +12 +\d+ d ago +answered 500$/);
  expect(await cli.run(...run, 'retry', delivery.id)).toBe(0);
  expect(cli.out()).toContain('job-1-5-wh-7d6f is sent again\n');
});

test.each([
  [
    { active: 1, disabled: 0, pending: 3, failing: 2 },
    /^webhooks: +1 active, .*2 failing \(run `studio-worker studio/m,
  ],
  [{ active: 1, disabled: 0, pending: 0, failing: 0 }, /^webhooks: +1 active, 0 disabled, 0 pending, 0 failing$/m],
])('the status of a studio tells of webhooks that stand at %p', async (webhooks, line) => {
  const status = {
    version: '0.5.0',
    startedAt: AT,
    registrations: { pending: 0 },
    workers: { known: 0, connected: 0, busy: 0 },
    jobs: { queued: 0, offered: 0, running: 0, completed: 0, failed: 0, cancelled: 0 },
    artifacts: { count: 0, sizeBytes: 0 },
  };
  await using cli = await withStudio({ 'GET /status': () => Response.json({ ...status, webhooks }) });
  expect(await cli.run('studio', 'status')).toBe(0);
  expect(cli.out()).toMatch(line);
  await using without = await withStudio({ 'GET /status': () => Response.json(status) });
  await without.run('studio', 'status');
  expect(without.out()).not.toContain('webhooks');
});

test('the secret for jobs’ own webhooks is printed alone', async () => {
  await using cli = await withStudio({ 'GET /webhooks/secret': () => Response.json({ secret: SECRET }) });
  expect(await cli.run(...run, 'secret')).toBe(0);
  expect(cli.out()).toBe(`${SECRET}\n`);
});

test('a job is created with a webhook of its own', async () => {
  await using cli = await withStudio({
    'POST /jobs': () =>
      Response.json(
        {
          id: 'job-1',
          state: 'queued',
          kind: 'llm',
          model: 'synthetic',
          prompt: 'x',
          attempts: 0,
          maxAttempts: 3,
          createdAt: AT,
          updatedAt: AT,
        },
        { status: 201 },
      ),
  });
  const webhook = 'https://ci.example/renders?token=1';
  expect(await cli.run('studio', 'jobs', 'create', '--kind', 'llm', '--prompt', 'x', '--webhook', webhook)).toBe(0);
  expect(cli.seen[0]?.body).toMatchObject({ webhook });
});

test.each(['..', '.', ''])('a delivery called %j is not there, and the studio is not asked', async (id) => {
  await using cli = await withStudio();
  expect(await cli.run('studio', 'webhooks', 'retry', id)).toBe(69);
  expect([cli.seen, cli.err()]).toEqual([[], expect.stringContaining('names nothing')]);
});
