import { expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { HOUR_MS } from '../../../../src/base/units.ts';
import { payloadOf, publicUrl } from '../../../../src/local-studio/webhooks/payload.ts';
import { MAX_ATTEMPTS, verdictOn } from '../../../../src/local-studio/webhooks/retries.ts';
import { newWebhookSecret, signedHeaders } from '../../../../src/local-studio/webhooks/signature.ts';
import { hmacSha256 } from '../../../../src/system/disk/digest.ts';
import { systemRandom } from '../../../../src/system/random.ts';

const answer = (status: number | undefined, retryAfterMs?: number) => ({ status, error: '', retryAfterMs });

test('an event that never arrives is sent for about a day', () => {
  const waits: number[] = [];
  for (let attempts = 1; ; attempts++) {
    const verdict = verdictOn(answer(500), attempts, 0.5);
    if (verdict.is !== 'retry') break;
    waits.push(verdict.inMs);
  }
  expect(waits.slice(0, 4)).toEqual([5_000, 15_000, 45_000, 135_000]);
  expect(waits).toHaveLength(MAX_ATTEMPTS - 1);
  expect(waits.reduce((sum, ms) => sum + ms, 0) / HOUR_MS).toBeWithin(20, 28);
});

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [301, 'retry'],
  [404, 'retry'],
  [410, 'gone'],
  [429, 'retry'],
  [503, 'retry'],
  [undefined, 'retry'],
])('an answer of %p means %s', (status, is) => {
  expect(verdictOn(answer(status), 1, 0.5).is).toBe(is as 'retry');
});

test('waits differ by chance, so that what failed together returns apart', () => {
  const wait = (unit: number) => verdictOn(answer(500), 3, unit);
  expect([wait(0), wait(0.999_999)]).toEqual([
    { is: 'retry', inMs: 36_000 },
    { is: 'retry', inMs: 54_000 },
  ]);
});

test('a receiver may ask for a later time, but not for ever', () => {
  expect(verdictOn(answer(503, 120_000), 1, 0.5)).toEqual({ is: 'retry', inMs: 120_000 });
  expect(verdictOn(answer(503, 1), 1, 0.5)).toEqual({ is: 'retry', inMs: 5_000 });
  expect(verdictOn(answer(503, 400 * 24 * HOUR_MS), 1, 0.5)).toEqual({ is: 'retry', inMs: 24 * HOUR_MS });
});

test('the signature is that of the published example', () => {
  // The example of the specification (standard-webhooks, libraries' tests): secret, id, timestamp, body, signature.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = signedHeaders(
    { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_000, body: '{"test": 2432232314}' },
    secret,
    hmacSha256,
  );
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a secret that the studio makes signs as any other implementation would', () => {
  const secret = newWebhookSecret(systemRandom);
  expect(secret).toMatch(/^whsec_[A-Za-z\d+/]{43}=$/);
  const { 'webhook-signature': signature } = signedHeaders({ id: 'a', at: 5_999, body: 'é' }, secret, hmacSha256);
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  expect(signature).toBe(`v1,${createHmac('sha256', key).update('a.5.é').digest('base64')}`);
});

test('an event says what became of the job, and where its artifact is', () => {
  const facts = {
    jobId: 'job-1',
    project: 'default',
    kind: 'image',
    model: 'm',
    gameId: 'g',
    assetName: 'a',
    outcome: 'completed',
    attempt: 2,
    createdAt: 0,
    startedAt: 1_000,
    finishedAt: 2_000,
    artifact: { ext: 'webp', contentType: 'image/webp', sizeBytes: 7, sha256: 'ab' },
  } as const;
  const { artifact, ...rest } = facts;
  expect(JSON.parse(payloadOf(facts, 'https://studio.example'))).toEqual({
    type: 'job.completed',
    timestamp: '1970-01-01T00:00:02.000Z',
    data: {
      ...rest,
      createdAt: '1970-01-01T00:00:00.000Z',
      startedAt: '1970-01-01T00:00:01.000Z',
      finishedAt: '1970-01-01T00:00:02.000Z',
      artifacts: [{ url: 'https://studio.example/graphics/api/admin/jobs/job-1/artifact', ...artifact }],
    },
  });
});

test.each([
  [[], false, 'http://127.0.0.1:9790'],
  [['studio.example', 'other.example'], false, 'https://studio.example'],
  [['studio.example'], true, 'https://studio.example:9790'],
])('a studio named %p, TLS of its own %p, is reached at %s', (names, endsTls, url) => {
  expect(publicUrl({ url: 'http://127.0.0.1:9790', port: 9790 }, names, endsTls)).toBe(url);
});
