import { expect, test } from 'bun:test';
import { toJobId } from '../../../src/base/ids.ts';
import { KIB } from '../../../src/base/units.ts';
import { accept } from '../../../src/contract/frames/outbound.ts';
import type { LogEntry } from '../../../src/contract/log-entry.ts';
import { createLogger, type LogEvent } from '../../../src/log/logger.ts';
import { createShipBuffer } from '../../../src/log/ship-buffer.ts';
import { createSession } from '../../../src/studio/session/driver.ts';
import { createSockets } from '../../../src/system/net/sockets.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import {
  createNotice,
  friendly,
  type PeerLink,
  type Script,
  startPeer,
  WELCOME,
} from '../../fakes/studio/scripted-peer.ts';
import { someCapabilities } from '../../fakes/builders.ts';

const entry = (message: string): LogEntry => ({
  ts: '2026-05-25T12:00:00.000Z',
  level: 'info',
  category: 'ws',
  message,
});

/** A session over real sockets against a scripted peer, its time in the hands of the test. */
function setup(script: Script = {}, { maxFailures = 0 } = {}) {
  const peer = startPeer(script);
  const clock = new FakeClock();
  const { wake, until } = createNotice(() => `the session is ${JSON.stringify(session.status())}`);
  const events: LogEvent[] = [];
  const log = createLogger({
    area: 'session',
    clock,
    redact: (fields) => fields,
    sinks: [
      (event) => {
        events.push(event);
        wake();
      },
    ],
  });
  const shipBuffer = createShipBuffer();
  const told: string[] = [];
  const tell = (what: string): void => {
    told.push(what);
    wake();
  };
  const sockets = createSockets({ clock, env: () => undefined });
  const session = createSession({
    claiming: () => 'on',
    sockets,
    clock,
    random: { unit: () => 0 },
    log,
    credentials: () => ({ apiBaseUrl: peer.url, workerId: 'w-1', authToken: 't0k3n' }),
    capabilities: () => {
      queueMicrotask(wake); // hello is on its way: the session greets
      return someCapabilities();
    },
    currentJobIds: () => [],
    shipBuffer,
    onStatus: wake,
    onRevoked: () => {},
    maxFailures,
  });
  const at = (where: string) => until(() => session.status().at === where, `the session to be ${where}`);
  session.start([
    {
      onWelcome: () => tell('welcome'),
      onOffer: (offer) => tell(`offer ${offer.jobId}`),
      onAck: (ack) => tell(`${ack.type} ${ack.jobId}`),
      onHeartbeatAck: () => tell('heartbeatAck'),
      onLost: () => tell('lost'),
    },
  ]);
  return {
    peer,
    clock,
    logged: (name: string) => events.filter((event) => event.event === name).map((event) => event.fields),
    shipBuffer,
    told,
    session,
    at,
    until,
    async [Symbol.asyncDispose]() {
      void session.stop();
      await peer[Symbol.asyncDispose]();
      await session.ended;
    },
  };
}

test('nothing but hello is sent before the welcome, then heartbeat and logs at once', async () => {
  const gate: PeerLink[] = [];
  const opensLater: Script = { onFrame: (frame, link) => void (frame.type === 'hello' && gate.push(link)) };
  await using worker = setup(opensLater);
  worker.shipBuffer.push(entry('said before the session'));
  expect(await worker.peer.next('hello')).toMatchObject({
    authToken: 't0k3n',
    capabilities: { machineName: 'rig-01' },
  });
  worker.clock.advance(15_000);
  expect(worker.session.send(accept(toJobId('job-1')))).toBe(false);
  gate[0]?.send(WELCOME);
  await worker.peer.next('heartbeat');
  expect(await worker.peer.next('logBatch')).toMatchObject({ entries: [{ message: 'said before the session' }] });
  expect(worker.peer.frames.map((frame) => frame.type)).toEqual(['hello', 'heartbeat', 'logBatch']);
});

test('a studio that falls silent is left after twenty seconds', async () => {
  const deaf: Script = { onFrame: (frame, link) => void (frame.type === 'hello' && link.send(WELCOME)) };
  await using worker = setup(deaf);
  await worker.at('live');
  worker.clock.advance(19_999);
  expect(worker.session.status().at).toBe('live');
  worker.clock.advance(1);
  expect(worker.session.status()).toEqual({
    at: 'backing-off',
    failures: 1,
    retryInMs: 1_000,
    because: 'the studio was silent for 20 s',
  });
  expect(worker.told).toEqual(['welcome', 'lost']);
  worker.clock.advance(1_000);
  await worker.peer.until(() => worker.peer.attempts === 2, 'a second upgrade');
});

test('heartbeats every five seconds keep an answering studio alive', async () => {
  await using worker = setup();
  await worker.at('live');
  for (let beat = 1; beat <= 6; beat++) {
    await worker.until(() => worker.told.filter((what) => what === 'heartbeatAck').length === beat, `ack ${beat}`);
    worker.clock.advance(5_000);
  }
  expect(worker.session.status().at).toBe('live');
});

test('an upgrade that is never answered costs fifteen seconds', async () => {
  await using worker = setup({ onUpgrade: () => new Promise<Response>(() => {}) });
  await worker.peer.until(() => worker.peer.attempts === 1, 'an upgrade');
  worker.clock.advance(15_000);
  expect(worker.session.status().at).toBe('backing-off');
  expect(worker.logged('session.connect-failed')[0]?.['error']).toContain('15 s');
});

test('malformed frames keep the socket, and a readable job id gets an answer', async () => {
  await using worker = setup();
  await worker.at('live');
  const { link } = worker.peer;
  link.raw('not json');
  link.raw('["offer"]');
  link.raw(new Uint8Array([1, 2, 3]));
  link.send({ type: 'wat' });
  link.send({ type: 'offer', claim: { jobId: 'job-7', task: { kind: 'mesh' } } });
  const failed = await worker.peer.next('fail');
  expect(failed).toMatchObject({ jobId: 'job-7', retryable: false });
  expect(String(failed['error'])).toStartWith('malformed offer: ');
  expect(worker.logged('frame.ignored')).toHaveLength(4);
  expect(worker.session.status().at).toBe('live');
  expect(worker.peer.attempts).toBe(1);
});

test('logs are sent in frames of 200 entries and 256 KiB', async () => {
  await using worker = setup();
  await worker.at('live');
  for (let count = 0; count < 450; count++) worker.shipBuffer.push(entry(`line ${count}`));
  for (let count = 0; count < 3; count++) worker.shipBuffer.push(entry('x'.repeat(100 * KIB)));
  worker.clock.advance(1_000);
  await worker.peer.until(() => worker.peer.frames.flatMap(entriesOf).length === 453, 'every entry');
  const batches = worker.peer.frames.filter((frame) => frame.type === 'logBatch');
  expect(batches.length).toBeGreaterThanOrEqual(4);
  for (const batch of batches) {
    expect(entriesOf(batch).length).toBeLessThanOrEqual(200);
    expect(JSON.stringify(batch).length).toBeLessThanOrEqual(256 * KIB);
  }
  const messages = worker.peer.frames.flatMap(entriesOf).map(({ message }) => message);
  expect(messages.slice(0, 450)).toEqual(Array.from({ length: 450 }, (_, count) => `line ${count}`));
});
const entriesOf = (frame: { readonly [key: string]: unknown }): LogEntry[] => (frame['entries'] ?? []) as LogEntry[];

test('what is logged without a session ships on the next socket', async () => {
  await using worker = setup();
  await worker.at('live');
  worker.peer.link.cut();
  await worker.at('backing-off');
  worker.shipBuffer.push(entry('said in the dark'));
  worker.clock.advance(1_000);
  expect(await worker.peer.next('logBatch')).toMatchObject({ entries: [{ message: 'said in the dark' }] });
});

test('a welcome resets the count of failures', async () => {
  const flaky: Script = { onUpgrade: (attempt) => (attempt <= 3 ? new Response('', { status: 502 }) : undefined) };
  await using worker = setup(flaky);
  for (const waitMs of [1_000, 2_000, 4_000]) {
    await worker.at('backing-off');
    expect(worker.session.status()).toMatchObject({ retryInMs: waitMs });
    worker.clock.advance(waitMs);
  }
  await worker.at('live');
  worker.peer.link.close(1012, 'restarting');
  await worker.at('backing-off');
  expect(worker.session.status()).toEqual({
    at: 'backing-off',
    failures: 1,
    retryInMs: 1_000,
    because: 'server closed 1012: restarting',
  });
  expect(worker.logged('session.lost').at(-1)).toEqual({
    reason: 'server closed 1012: restarting',
    attempt: 1,
    retryInMs: 1_000,
  });
});

test.each([
  [4001, 'bad token'],
  [4003, 'another session took over'],
])('close %d ends the session and says why', async (code, reason) => {
  await using worker = setup();
  await worker.at('live');
  worker.peer.link.close(code, reason);
  expect(await worker.session.ended).toEqual({ because: 'refused', code, message: `server closed ${code}: ${reason}` });
  expect(worker.clock.armed).toBe(0);
});

test('a 401 on the upgrade ends the session, with the body in the log', async () => {
  await using worker = setup({ onUpgrade: () => new Response('who are you?', { status: 401 }) });
  expect(await worker.session.ended).toEqual({
    because: 'refused',
    code: 4001,
    message: '401 on websocket upgrade',
  });
  expect(worker.logged('session.connect-failed')[0]?.['error']).toBe('401 on websocket upgrade: who are you?');
});

test('a rejected upgrade is retried when Retry-After says so', async () => {
  await using worker = setup({
    onUpgrade: () => new Response('busy', { status: 503, headers: { 'retry-after': '42' } }),
  });
  await worker.at('backing-off');
  expect(worker.session.status()).toEqual({
    at: 'backing-off',
    failures: 1,
    retryInMs: 42_000,
    because: 'the upgrade was answered with status 503',
  });
});

test('a finite number of failures is forgiven, the next one gives up', async () => {
  await using worker = setup({ onUpgrade: () => new Response('', { status: 500 }) }, { maxFailures: 1 });
  await worker.at('backing-off');
  worker.clock.advance(1_000);
  expect(await worker.session.ended).toEqual({ because: 'gave-up', failures: 2 });
});

test('an error frame at the gate is answered with the matching goodbye', async () => {
  await using worker = setup({
    onFrame: (_frame, link) => link.send({ type: 'error', code: 'auth_failed', message: 'kaboom' }),
  });
  expect(await worker.session.ended).toEqual({ because: 'refused', code: 4001, message: 'kaboom' });
  expect(worker.peer.closes).toEqual([{ code: 1000, reason: 'auth failed' }]);
});

test('the session retries after an internal error of the studio', async () => {
  await using worker = setup();
  await worker.at('live');
  worker.peer.link.send({ type: 'error', code: 'internal_error', message: 'kaboom' });
  await worker.at('backing-off');
  worker.clock.advance(1_000);
  await worker.at('live');
  expect(worker.peer.attempts).toBe(2);
});

test('a stop ships the last logs, says goodbye and leaves no timer', async () => {
  await using worker = setup();
  await worker.at('live');
  worker.shipBuffer.push(entry('last words'));
  const stopped = worker.session.stop();
  expect(worker.session.send(accept(toJobId('job-1')))).toBe(false);
  await stopped;
  expect(await worker.session.ended).toEqual({ because: 'stopped' });
  expect(worker.peer.frames.flatMap(entriesOf).map(({ message }) => message)).toContain('last words');
  expect(worker.peer.closes).toEqual([{ code: 1000, reason: 'session ended' }]);
  expect(worker.clock.armed).toBe(0);
});

test.each<[state: string, script: Script]>([
  ['connecting', { onUpgrade: () => new Promise<Response>(() => {}) }],
  ['greeting', { onFrame: () => {} }],
  ['live', { onFrame: friendly }],
  ['backing-off', { onUpgrade: () => new Response('', { status: 500 }) }],
])('a stop while %s ends every timer', async (state, script) => {
  await using worker = setup(script);
  await worker.at(state);
  await worker.session.stop();
  expect(worker.session.status()).toEqual({ at: 'stopped' });
  expect(worker.clock.armed).toBe(0);
});
