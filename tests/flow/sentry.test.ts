import { describe, expect, test } from 'bun:test';
import { WorkerError } from '../../src/base/errors.ts';
import type { LogEvent } from '../../src/log/logger.ts';
import { createRedactor } from '../../src/log/redact.ts';
import { startSentry } from '../../src/log/sentry.ts';
import { systemClock } from '../../src/system/clock.ts';
import { createHttp } from '../../src/system/net/http-client.ts';
import { within } from '../fakes/system/temp-folder.ts';

const SECRET = 'wkr_9f8e7d6c5b4a';
const PROMPT = 'a castle made of glass';
const FLUSH_MS = 10_000;

/** A project's envelope door on loopback: keeps every byte, and can be told to hang or to refuse. */
async function setup(door: 'open' | 'hanging' | 'refusing' = 'open', environment?: string) {
  const received: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      received.push(`${request.method} ${request.url}\n${JSON.stringify(request.headers)}\n${await request.text()}`);
      arrived.resolve();
      if (door === 'hanging')
        await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
      return new Response('{}', { status: door === 'refusing' ? 429 : 200 });
    },
  });
  const redactor = createRedactor();
  redactor.learn(SECRET);
  const tracker = await startSentry({
    dsn: `http://publickey@127.0.0.1:${server.port}/42`,
    release: 'studio-worker@0.5.0',
    serverName: 'rig-01',
    clock: systemClock,
    http: createHttp({ clock: systemClock, env: () => undefined }),
    redactor,
    ...(environment === undefined ? {} : { environment }),
  });
  return {
    tracker,
    received,
    arrived: arrived.promise,
    /** The event items of all envelopes, in order of arrival. */
    events: () => received.flatMap(itemsOf).map(({ payload }) => payload),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** An envelope is a header line, then a header and a payload line for each item (Sentry envelope format). */
function itemsOf(request: string): { readonly type: string; readonly payload: Record<string, unknown> }[] {
  const lines = request.split('\n').slice(3);
  const pairs = Array.from({ length: Math.floor(lines.length / 2) }, (_none, at) => lines.slice(2 * at, 2 * at + 2));
  return pairs.map(([header = '', payload = '']) => ({ type: JSON.parse(header).type, payload: JSON.parse(payload) }));
}

const anEvent = (event: string, over: Partial<LogEvent> = {}): LogEvent => ({
  at: Date.UTC(2026, 4, 25, 12),
  level: 'error',
  area: 'jobs',
  event,
  fields: {},
  ...over,
});

test('an error arrives with release, environment, machine and the warnings before it', async () => {
  await using studio = await setup();
  studio.tracker.sink(anEvent('session.connecting', { level: 'info', fields: { url: 'wss://s' } }));
  studio.tracker.sink(anEvent('reject.not-sent', { level: 'warn', fields: { jobId: 'job-1' } }));
  studio.tracker.sink(
    anEvent('job.failed', { fields: { jobId: 'job-1', error: 'out of memory', code: 'engine.failed' } }),
  );
  await studio.tracker.flush(FLUSH_MS);
  expect(studio.events()).toHaveLength(1);
  expect(studio.events()[0]).toMatchObject({
    level: 'error',
    message: 'dispatch failed: out of memory',
    timestamp: Date.UTC(2026, 4, 25, 12) / 1_000,
    release: 'studio-worker@0.5.0',
    environment: 'production',
    server_name: 'rig-01',
    tags: { area: 'jobs', event: 'job.failed', code: 'engine.failed' },
    fingerprint: ['jobs', 'job.failed', 'engine.failed'],
    extra: { jobId: 'job-1', error: 'out of memory' },
    breadcrumbs: [
      {
        level: 'warning',
        category: 'jobs',
        message: 'could not reject offer job-1: no live session',
        data: { jobId: 'job-1' },
      },
    ],
  });
});

test('an environment of the operator replaces the default', async () => {
  await using studio = await setup('open', 'staging');
  studio.tracker.sink(anEvent('job.failed'));
  await studio.tracker.flush(FLUSH_MS);
  expect(studio.events()).toMatchObject([{ environment: 'staging' }]);
});

test('an uncaught error arrives with its causes and its stack', async () => {
  await using studio = await setup();
  const cause = new TypeError('no such port');
  studio.tracker.captureUncaught(new WorkerError('studio.unreachable', 'no studio', { cause }));
  studio.tracker.captureUncaught('a bare text');
  await studio.tracker.flush(FLUSH_MS);
  const [error, text] = studio.events();
  expect(error).toMatchObject({
    level: 'fatal',
    exception: {
      values: [
        { type: 'TypeError', value: 'no such port' },
        { type: 'WorkerError', value: 'no studio', mechanism: { handled: false } },
      ],
    },
  });
  expect(JSON.stringify(error)).toContain('sentry.test.ts');
  expect(text).toMatchObject({ level: 'fatal', message: 'a bare text' });
});

test('an unforeseen failure in the log carries its stack as frames', async () => {
  await using studio = await setup();
  studio.tracker.sink(anEvent('job.failed', { fields: { error: 'x', code: 'internal', stack: new Error('x').stack } }));
  await studio.tracker.flush(FLUSH_MS);
  const frames = JSON.stringify(studio.events()[0]?.exception);
  expect(frames).toContain('sentry.test.ts');
  expect(studio.events()[0]?.extra).not.toContainKey('stack');
});

test('no byte that leaves holds a secret, a prompt, the account or the environment', async () => {
  await using studio = await setup();
  const facts = {
    promptPreview: PROMPT,
    task: { prompt: PROMPT, messages: [{ role: 'user', content: PROMPT }], text: PROMPT, negativePrompt: PROMPT },
    nested: [{ transcript: PROMPT, kept: 'kept-fact' }],
    error: `401 for ${SECRET}`,
    cause: new Error(`inner ${SECRET}`),
    [`key-${SECRET}`]: true,
  };
  studio.tracker.sink(anEvent('thing.refused', { level: 'warn', fields: facts }));
  studio.tracker.sink(anEvent('thing.failed', { fields: facts }));
  studio.tracker.sink(anEvent('offer.received', { fields: { jobId: 'job-1', promptPreview: PROMPT } }));
  studio.tracker.captureUncaught(
    new Error(`outer ${SECRET}`, { cause: new Error(`?t=${encodeURIComponent(SECRET)}`) }),
  );
  await studio.tracker.flush(FLUSH_MS);
  const bytes = studio.received.join('\n');
  expect(studio.events()).toHaveLength(3);
  expect(bytes).toContain('kept-fact');
  expect(bytes).toContain('401 for [redacted]');
  expect(bytes).not.toContain(SECRET);
  expect(bytes).not.toContain(PROMPT);
  expect(bytes).not.toContain(process.env.PATH ?? 'a PATH is set');
  for (const event of studio.events()) {
    expect(event).not.toContainAnyKeys(['user', 'request', 'modules']);
    expect(Object.keys(event.contexts as object).toSorted()).toEqual(['runtime', 'trace']);
  }
});

test('only events leave: no session, no trace, no client report', async () => {
  await using studio = await setup();
  studio.tracker.sink(anEvent('job.failed'));
  await studio.tracker.flush(FLUSH_MS);
  expect(studio.received.flatMap(itemsOf).map(({ type }) => type)).toEqual(['event']);
});

describe('an error tracker in trouble costs the worker nothing', () => {
  test('a flush comes back in time when nobody answers, and cuts the line', async () => {
    await using studio = await setup('hanging');
    studio.tracker.sink(anEvent('job.failed'));
    await studio.arrived;
    await within(FLUSH_MS, 'the flush', studio.tracker.flush(300));
  });

  test('a process whose last error is never answered still ends by itself', async () => {
    await using studio = await setup('hanging');
    const port = /127\.0\.0\.1:(\d+)/.exec(await firstRequest(studio))?.[1];
    const child = Bun.spawn({ cmd: [process.execPath, '-e', lastWords(port)], stdout: 'pipe', stderr: 'inherit' });
    expect(await new Response(child.stdout).text()).toBe('flushed');
    expect(await child.exited).toBe(0);
  });

  test('a refusal and a closed door are taken quietly', async () => {
    const studio = await setup('refusing');
    studio.tracker.sink(anEvent('job.failed'));
    await studio.tracker.flush(FLUSH_MS);
    expect(studio.events()).toHaveLength(1);
    await studio[Symbol.asyncDispose]();
    studio.tracker.captureUncaught(new Error('nobody hears this'));
    expect(await studio.tracker.flush(FLUSH_MS)).toBeUndefined();
  });

  test('uncaught errors and exits stay ours: no handler is installed', async () => {
    const names = ['uncaughtException', 'unhandledRejection', 'beforeExit', 'exit'];
    const before = names.map((name) => process.listenerCount(name));
    await using studio = await setup();
    studio.tracker.captureUncaught(new Error('x'));
    expect(names.map((name) => process.listenerCount(name))).toEqual(before);
  });
});

test.each(['not a url', 'https://host/1', 'https://key@host/', 'ftp://key@host/1'])(
  '%s is refused as a DSN',
  async (dsn) => {
    const redactor = createRedactor();
    const http = createHttp({ clock: systemClock, env: () => undefined });
    const started = startSentry({ dsn, release: 'r', serverName: 's', clock: systemClock, http, redactor });
    const thrown = await started.catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'config.invalid', message: 'SENTRY_DSN is not a Sentry DSN' });
  },
);

/** What the door heard first, once something was sent to it. */
async function firstRequest(studio: Awaited<ReturnType<typeof setup>>): Promise<string> {
  studio.tracker.sink(anEvent('job.failed'));
  await studio.arrived;
  await studio.tracker.flush(1);
  return studio.received[0] ?? '';
}

/** A process that fails, flushes briefly, and has nothing else to do. */
function lastWords(port: string | undefined): string {
  const from = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  return `
    const { startSentry } = await import(${from('log/sentry.ts')});
    const { createRedactor } = await import(${from('log/redact.ts')});
    const { systemClock: clock } = await import(${from('system/clock.ts')});
    const { createHttp } = await import(${from('system/net/http-client.ts')});
    const http = createHttp({ clock, env: () => undefined });
    const dsn = 'http://key@127.0.0.1:${port}/42';
    const tracker = await startSentry({ dsn, release: 'r', serverName: 's', clock, http, redactor: createRedactor() });
    tracker.captureUncaught(new Error('last words'));
    await tracker.flush(200);
    process.stdout.write('flushed');
  `;
}
