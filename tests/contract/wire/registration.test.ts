import { expect, test } from 'bun:test';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createRegistrationClient } from '../../../src/studio/registration/client.ts';
import { hashSecret } from '../../../src/studio/registration/identity.ts';
import { someCapabilities } from '../../fakes/builders.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { toWorkerId } from '../../../src/base/ids.ts';

const CAPABILITIES = someCapabilities();
const SECRET = '0123456789abcdef'.repeat(4);
const FACTS = { installId: 'i-1', registrationSecretHash: hashSecret(SECRET, sha256), capabilities: CAPABILITIES };
const POLL = { requestId: 'rr-7d6f', secret: SECRET, longPoll: false };
const signal = new AbortController().signal;

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly contentType: string | null;
  readonly prefer: string | null;
  readonly text: string;
}

/** A real peer that keeps what it heard and gives one answer. */
function setup(answer: (heard: Heard) => Response | Promise<Response> = () => new Response('{}')) {
  const heard: Heard[] = [];
  const studio = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const { headers, method } = request;
      const call = {
        method,
        path: new URL(request.url).pathname,
        authorization: headers.get('authorization'),
        contentType: headers.get('content-type'),
        prefer: headers.get('prefer'),
        text: await request.text(),
      };
      heard.push(call);
      return answer(call);
    },
  });
  const log = recordingLogger();
  const url = `http://127.0.0.1:${studio.port}`;
  const client = createRegistrationClient({
    http: createHttp({ clock: systemClock, env: () => undefined }),
    baseUrl: () => url,
    clock: systemClock,
    log,
  });
  return { client, heard, log, studio, [Symbol.asyncDispose]: () => studio.stop(true) };
}

const json = (text: string, status = 200, headers: Record<string, string> = {}): (() => Response) => {
  return () => new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } });
};

test('a request is posted without credentials, its keys in the contract order', async () => {
  await using at = setup(json('{"requestId":"rr-7d6f","status":"pending"}', 201));
  const answer = await at.client.request(FACTS, signal);

  expect(answer).toEqual({ is: 'pending', requestId: 'rr-7d6f', longPoll: false });
  expect(at.heard).toMatchObject([
    {
      method: 'POST',
      path: '/graphics/api/workers/register-request',
      authorization: null,
      contentType: 'application/json',
    },
  ]);
  const body = JSON.parse(at.heard[0]?.text ?? '') as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(['installId', 'registrationSecretHash', 'capabilities', 'userAgent']);
  expect(body['userAgent']).toMatch(/^studio-worker\/\d+\.\d+\.\d+/);
});

test('a poll carries the secret itself as its bearer', async () => {
  await using at = setup(json('{"status":"pending"}'));
  const answer = await at.client.poll(POLL, signal);

  expect(answer).toEqual({ is: 'pending', longPoll: false });
  expect(at.heard).toMatchObject([
    {
      method: 'GET',
      path: '/graphics/api/workers/register-requests/rr-7d6f',
      authorization: `Bearer ${SECRET}`,
      text: '',
    },
  ]);
});

test('a poll is held only after the studio announced that it can', async () => {
  await using at = setup(json('{"requestId":"rr-7d6f","status":"pending","features":["longPoll"]}', 201));
  expect(await at.client.request(FACTS, signal)).toEqual({ is: 'pending', requestId: 'rr-7d6f', longPoll: true });
  expect(await at.client.poll(POLL, signal)).toEqual({ is: 'pending', longPoll: true });
  await at.client.poll({ ...POLL, longPoll: true }, signal);
  expect(at.heard.map(({ prefer }) => prefer)).toEqual([null, null, 'wait=25']);
});

test('a request id cannot lead the poll to another route', async () => {
  await using at = setup(json('{"status":"pending"}'));
  await at.client.poll({ requestId: '../w-1?x', secret: SECRET, longPoll: false }, signal);

  expect(at.heard[0]?.path).toBe('/graphics/api/workers/register-requests/..%2Fw-1%3Fx');
});

test.each([
  [
    'an approval',
    200,
    '{"status":"approved","workerId":"w-1","authToken":"tok"}',
    { is: 'approved', workerId: toWorkerId('w-1'), authToken: 'tok' },
  ],
  [
    'a rejection with its reason',
    200,
    '{"status":"rejected","reason":"unknown machine"}',
    { is: 'rejected', reason: 'unknown machine' },
  ],
  ['a rejection without a reason', 200, '{"status":"rejected"}', { is: 'rejected', reason: '' }],
  ['an unknown request', 404, 'nope', { is: 'unknown', message: 'register-poll failed: 404 Not Found — nope' }],
  ['a wrong secret', 401, 'no', { is: 'unauthorized', message: 'register-poll failed: 401 Unauthorized — no' }],
  ['a ban', 403, 'no', { is: 'failed', status: 403, message: 'register-poll failed: 403 Forbidden — no' }],
  ['a conflict', 409, 'x', { is: 'failed', status: 409, message: 'register-poll failed: 409 Conflict — x' }],
  [
    'an unknown status',
    200,
    '{"status":"on_hold"}',
    {
      is: 'failed',
      status: 200,
      message:
        'register-poll failed: 200 OK — unreadable answer: status: expected "pending" or "approved" or "rejected"',
    },
  ],
  [
    'nonsense',
    200,
    '<html>',
    { is: 'failed', status: 200, message: 'register-poll failed: 200 OK — unreadable answer: not JSON' },
  ],
])('a poll reads %s', async (_name, status, body, expected) => {
  await using at = setup(json(body, status));

  const answer: unknown = await at.client.poll(POLL, signal);
  expect(answer).toEqual(expected);
});

test.each([
  [429, '120', 120_000],
  [503, '7', 7_000],
  [500, undefined, undefined],
  [400, '120', undefined],
])('a request answered %d with retry-after %p waits %p ms', async (status, header, retryMs) => {
  await using at = setup(json('busy', status, header === undefined ? {} : { 'retry-after': header }));
  const answer = await at.client.request(FACTS, signal);

  expect(answer).toMatchObject({ is: 'failed', status });
  expect('retryAfterMs' in answer ? answer.retryAfterMs : undefined).toBe(retryMs);
});

test('an error quotes no more than two thousand characters of a body', async () => {
  await using at = setup(json('x'.repeat(10_000), 500));
  const answer = await at.client.request(FACTS, signal);

  expect(answer).toMatchObject({
    message: `register-request failed: 500 Internal Server Error — ${'x'.repeat(2_000)}`,
  });
});

test('a studio that cannot be reached is an answer, not an exception', async () => {
  await using at = setup();
  await at.studio.stop(true);
  const answer = await at.client.request(FACTS, signal);

  expect(answer).toMatchObject({ is: 'failed', message: expect.stringMatching(/^register-request failed: /) });
  expect(answer).not.toHaveProperty('status');
});

test('a call ends when its signal says so', async () => {
  const stop = new AbortController();
  await using at = setup(() => {
    stop.abort(new Error('stopped'));
    return new Promise<Response>(() => {});
  });

  expect(await at.client.poll(POLL, stop.signal)).toMatchObject({ is: 'failed' });
});

test('an address that is no URL is named by its config key', async () => {
  const { client } = setupOffline('nonsense');

  expect(await client.request(FACTS, signal)).toEqual({
    is: 'failed',
    message: 'register-request failed: api_base_url is not an http(s) address',
  });
});

function setupOffline(baseUrl: string) {
  const log = recordingLogger();
  const http = createHttp({ clock: systemClock, env: () => undefined });
  return { client: createRegistrationClient({ http, baseUrl: () => baseUrl, clock: systemClock, log }), log };
}

test('a bootstrap posts the token as bearer and in the body', async () => {
  await using at = setup(json('{"workerId":"w-1","authToken":"tok"}', 201));
  const answer = await at.client.bootstrap({ token: 'b00t', capabilities: CAPABILITIES }, signal);

  expect(answer).toEqual({ is: 'approved', workerId: toWorkerId('w-1'), authToken: 'tok' });
  expect(at.heard).toMatchObject([
    { method: 'POST', path: '/graphics/api/workers/register', authorization: 'Bearer b00t' },
  ]);
  expect(Object.keys(JSON.parse(at.heard[0]?.text ?? '') as object)).toEqual(['bootstrapToken', 'capabilities']);
});

test.each([401, 403])('a bootstrap token answered %d is one the studio does not take', async (status) => {
  await using at = setup(json('no', status));

  expect(await at.client.bootstrap({ token: 'b00t', capabilities: CAPABILITIES }, signal)).toMatchObject({
    is: 'unauthorized',
  });
});

test('each call logs one debug line, answered or not', async () => {
  let fail = false;
  await using at = setup(() => new Response('{"status":"pending"}', { status: fail ? 500 : 200 }));
  await at.client.poll(POLL, signal);
  fail = true;
  await at.client.poll(POLL, signal);

  expect(at.log.events.map(({ level, event }) => [level, event])).toEqual([
    ['debug', 'call.answered'],
    ['debug', 'call.failed'],
  ]);
  expect(at.log.events[0]?.fields).toMatchObject({
    op: 'register-poll',
    endpoint: '/workers/register-requests/rr-7d6f',
    status: 200,
    elapsedMs: expect.any(Number),
  });
});

test('neither secret nor token is ever logged or quoted', async () => {
  await using at = setup(({ path, authorization }) =>
    path.endsWith('/register') || path.endsWith('/rr-echo')
      ? new Response(`you sent ${authorization}`, { status: 500 })
      : new Response('{"status":"approved","workerId":"","authToken":"t0p-s3cret"}'),
  );
  const answers = [
    await at.client.poll(POLL, signal),
    await at.client.poll({ ...POLL, requestId: 'rr-echo' }, signal),
    await at.client.bootstrap({ token: 'b00t-s3cret', capabilities: CAPABILITIES }, signal),
  ];

  const said = JSON.stringify([answers, at.log.events]);
  expect(said).toContain('you sent Bearer …');
  for (const secret of [SECRET, 'b00t-s3cret', 't0p-s3cret']) expect(said).not.toContain(secret);
});
