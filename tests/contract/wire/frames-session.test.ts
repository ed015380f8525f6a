import { expect, test } from 'bun:test';
import { connectUrl } from '../../../src/contract/routes.ts';
import { onBinaryFrame, onFrame, type Reaction } from '../../../src/studio/session/on-frame.ts';
import type { SessionEvents } from '../../../src/studio/session/session.ts';

// What the session makes of the studio contract's simple frames, by the numbers of its test vectors.

const live = (text: string): Reaction => onFrame(text, true);
const greeting = (text: string): Reaction => onFrame(text, false);

/** What the rest of the worker hears of a reaction. */
function told(reaction: Reaction): string[] {
  const heard: string[] = [];
  const events: SessionEvents = {
    onWelcome: ({ workerId }) => void heard.push(`welcome ${workerId}`),
    onOffer: ({ jobId }) => void heard.push(`offer ${jobId}`),
    onAck: ({ type, jobId }) => void heard.push(`${type} ${jobId}`),
    onHeartbeatAck: ({ type }) => void heard.push(type),
    onLost: () => void heard.push('lost'),
  };
  reaction.notify?.(events);
  return heard;
}

const RECEIVED = { type: 'received', frame: 'other' } as const;
const OFFER =
  '{"type":"offer","claim":{"jobId":"job-1","gameId":"g","assetName":"g/x/y","model":"synthetic","vramGbEstimate":1.0,' +
  '"task":{"kind":"image","prompt":"a fox"},"modelSource":{"engine":"synthetic","files":[],' +
  '"cliDefaults":{"cfgScale":1.0,"steps":8,"width":1024,"height":1024}}}}';

test('welcome opens the gate and its server time is logged', () => {
  const reaction = greeting('{"type":"welcome","workerId":"w-1","serverTime":"2026-05-25T12:00:00Z"}');
  expect(reaction.event).toEqual({ type: 'received', frame: 'welcome' });
  expect(reaction.log).toEqual({
    level: 'info',
    event: 'session.welcomed',
    fields: { workerId: 'w-1', serverTime: '2026-05-25T12:00:00Z', features: [] },
  });
  expect(told(reaction)).toEqual(['welcome w-1']);
});

test('welcome with free-form time and an extra field opens the gate', () => {
  const reaction = greeting('{"type":"welcome","workerId":"w-test","serverTime":"now","region":"weur"}');
  expect(told(reaction)).toEqual(['welcome w-test']);
});

test('a second welcome is only logged', () => {
  const reaction = live('{"type":"welcome","workerId":"w-1","serverTime":"now"}');
  expect(reaction.log?.event).toBe('session.welcomed');
  expect(told(reaction)).toEqual([]);
});

test('welcome without a server time is ignored with a warning', () => {
  const reaction = greeting('{"type":"welcome","workerId":"w-1"}');
  expect(reaction.event).toEqual(RECEIVED);
  expect(reaction.log?.level).toBe('warn');
  expect(String(reaction.log?.fields['problem'])).toContain('serverTime');
});

test('heartbeatAck counts as a sign of life', () => {
  const reaction = live('{"type":"heartbeatAck"}');
  expect(reaction.event).toEqual(RECEIVED);
  expect(told(reaction)).toEqual(['heartbeatAck']);
});

test.each(['completeAck', 'failAck'])('a %s reaches the worker with its job', (type) => {
  expect(told(live(JSON.stringify({ type, jobId: 'job-1' })))).toEqual([`${type} job-1`]);
});

test.each([
  ['auth_failed', 4001],
  ['protocol_violation', 4002],
  ['duplicate_worker', 4003],
  ['worker_deleted', 4004],
  ['internal_error', 1000],
] as const)('an error frame %s means close code %d to the machine', (code, closeCode) => {
  const text = JSON.stringify({ type: 'error', code, message: 'kaboom' });
  for (const reaction of [greeting(text), live(text)]) {
    expect(reaction.event).toEqual({ type: 'reported', code: closeCode, message: 'kaboom' });
    expect(reaction.log).toEqual({
      level: 'error',
      event: 'studio.reported-error',
      fields: { code, message: 'kaboom' },
    });
  }
});

test.each([
  ['an error with an unknown code', '{"type":"error","code":"teapot","message":"x"}', 'code'],
  ['an error with a camelCase code', '{"type":"error","code":"authFailed","message":"x"}', 'code'],
  ['an unknown type', '{"type":"wat"}', 'wat'],
  ['a text that is no JSON', 'not json', 'not JSON'],
  ['JSON that is no object', '["offer"]', 'not an object'],
])('%s costs a warning and nothing else', (_what, text, named) => {
  const { log, ...rest } = live(text);
  expect(log?.level).toBe('warn');
  expect(log?.event).toBe('frame.ignored');
  expect(String(log?.fields['problem'])).toContain(named);
  expect(rest).toEqual({ event: RECEIVED });
});

test('an offer reaches the worker once the session is welcomed', () => {
  expect(told(live(OFFER))).toEqual(['offer job-1']);
});

test('an offer before the welcome is discarded with a log line', () => {
  const reaction = greeting(OFFER);
  expect(reaction.log?.fields).toEqual({ problem: 'offer job-1 before the welcome' });
  expect(told(reaction)).toEqual([]);
  expect(reaction.send).toBeUndefined();
});

test.each(['{"type":"heartbeatAck"}', '{"type":"failAck","jobId":"j"}'])('%s before the welcome is ignored', (text) => {
  expect(greeting(text).log?.event).toBe('frame.ignored');
});

test('a malformed offer is answered with a failure that is not retried', () => {
  const reaction = live('{"type":"offer","claim":{"jobId":"job-9","task":{"kind":"hologram"}}}');
  expect(reaction.send).toMatchObject({ type: 'fail', jobId: 'job-9', retryable: false });
  expect(reaction.log).toMatchObject({ level: 'warn', event: 'offer.malformed', fields: { jobId: 'job-9' } });
  const problem = String(reaction.log?.fields['problem']);
  expect(reaction.send).toMatchObject({ error: `malformed offer: ${problem}` });
});

test('a malformed offer before the welcome is not answered', () => {
  expect(greeting('{"type":"offer","claim":{"jobId":"job-9"}}').send).toBeUndefined();
});

test('a binary frame costs a warning', () => {
  expect(onBinaryFrame(3)).toEqual({
    level: 'warn',
    event: 'frame.ignored',
    fields: { problem: 'binary frame of 3 bytes' },
  });
});

test.each<[base: string, workerId: string, url: string | undefined]>([
  ['https://api.example/graphics/api/', 'w-2', 'wss://api.example/graphics/api/workers/w-2/connect'],
  ['http://localhost:9790', 'w-3', 'ws://localhost:9790/graphics/api/workers/w-3/connect'],
  ['https://studio.minis.gg/', 'w-1', 'wss://studio.minis.gg/graphics/api/workers/w-1/connect'],
  ['ws://localhost:9790/x', 'w', 'ws://localhost:9790/x/graphics/api/workers/w/connect'],
  ['ftp://nope/', 'w', undefined],
  ['not a url', 'w', undefined],
])('the base %s connects worker %s at %p', (base, workerId, url) => {
  expect(connectUrl(base, workerId)).toBe(url);
});
