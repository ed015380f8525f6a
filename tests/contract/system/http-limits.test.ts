import { expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { toWorkerError } from '../../../src/base/errors.ts';
import { MIB } from '../../../src/base/units.ts';
import type { Http, HttpRequest } from '../../../src/system/net/http.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { FakeClock, passUntilOver, settle } from '../../fakes/system/fake-clock.ts';
import { rawPeer } from '../../fakes/system/raw-peer.ts';
import { waitFor } from '../../flow/wait-for.ts';

/* The limits of an exchange: the sockets are real, and time passes only when a test says so. */

const STALL_MS = 60_000;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const post = (url: string, sizeBytes: number, fields: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  body: [new Uint8Array(sizeBytes)],
  stallMs: STALL_MS,
  ...fields,
});

/** The error of a request that must not succeed. */
const failureOf = async (request: HttpRequest, http: Http) => {
  const ended = await http.request(request).catch((thrown: unknown) => toWorkerError(thrown));
  return ended instanceof Error ? ended : expect.unreachable(`answered ${ended.status}`);
};

/** Waits until the next limit of an exchange is this far away: a byte has arrived that set it. */
const limitOf = (clock: FakeClock, ms: number): Promise<void> =>
  waitFor(
    `a limit of ${ms} ms`,
    () => clock.nextInMs === ms,
    () => `the next one is ${clock.nextInMs} ms away`,
  );

/** A client whose time is the test's own, though its sockets are real. */
function timed() {
  const clock = new FakeClock();
  return {
    clock,
    http: createHttp({ clock, env: () => undefined }),
    /** Lets less than the stall time pass, and waits for a byte that restarts it. */
    async passUntilMoved(ms: number): Promise<void> {
      clock.advance(ms);
      await limitOf(clock, STALL_MS);
    },
  };
}

test('a peer that freezes during an upload is disconnected after the stall limit', async () => {
  const time = timed();
  await using peer = await rawPeer((socket) => socket.pause());
  const failing = failureOf(post(peer.url, 24 * MIB), time.http);
  await time.passUntilMoved(1);
  await passUntilOver(time.clock, STALL_MS, failing);
  const error = await failing;
  expect(error).toMatchObject({ code: 'http.unreachable', retryable: true });
  expect(error.message).toContain('moved no byte for 1 min');
});

test('a slow upload lives on for many stall times while its bytes move', async () => {
  const { clock, http: client } = timed();
  const total = 64 * MIB;
  let got = 0;
  await using peer = await rawPeer((socket) => {
    socket.on('data', (chunk) => {
      got += chunk.length;
      // The system holds some MiB between the two, whose pieces the client has handed over long before.
      clock.advance((chunk.length / MIB) * (STALL_MS / 16));
      if (got > total) socket.end(OK);
    });
  });
  const response = await client.request(post(peer.url, total));
  expect(response.status).toBe(200);
  expect(clock.elapsed()).toBeGreaterThan(3 * STALL_MS);
});

test('a peer that takes the request and never answers is cut', async () => {
  const { clock, http: client } = timed();
  const received = Promise.withResolvers<void>();
  await using peer = await rawPeer((socket) => void socket.once('data', () => received.resolve()));
  const failing = failureOf(post(peer.url, 10), client);
  await received.promise;
  clock.advance(STALL_MS);
  expect(await failing).toMatchObject({ code: 'http.unreachable' });
  await peer.closed;
});

/** A peer that has taken a small request, and its socket to answer on piece by piece. */
async function answeringPeer() {
  const taken = Promise.withResolvers<Socket>();
  const peer = await rawPeer((socket) => void socket.once('data', () => taken.resolve(socket)));
  return { peer, taken: taken.promise };
}

test('an answer that freezes halfway is cut', async () => {
  const time = timed();
  const { peer, taken } = await answeringPeer();
  await using _ = peer;
  const failing = failureOf(post(peer.url, 10), time.http);
  (await taken).write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf');
  await time.passUntilMoved(1);
  time.clock.advance(STALL_MS);
  expect((await failing).message).toContain('moved no byte for 1 min');
  await peer.closed;
});

test('an answer that trickles for many stall times is read to its end', async () => {
  const time = timed();
  const { peer, taken } = await answeringPeer();
  await using _ = peer;
  const answer = time.http.request(post(peer.url, 10, { answerMs: 100 * STALL_MS }));
  const socket = await taken;
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n');
  for (let sent = 0; sent < 8; sent++) {
    await time.passUntilMoved(0);
    time.clock.advance(STALL_MS - 1);
    socket.write('x');
  }
  expect(new TextDecoder().decode((await answer).body)).toBe('xxxxxxxx');
  expect(time.clock.elapsed()).toBe(8 * (STALL_MS - 1));
});

test.each([
  ['small', 10],
  ['large', MIB],
])('a trickling answer to a %s body is cut at its time limit', async (_name, sizeBytes) => {
  const time = timed();
  const { peer, taken } = await answeringPeer();
  await using _ = peer;
  const answerMs = 10 * STALL_MS;
  const failing = failureOf(post(peer.url, sizeBytes, { stallMs: 2 * answerMs, answerMs }), time.http);
  const socket = await taken;
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
  await limitOf(time.clock, answerMs);
  for (let part = 0; part < 10; part++) {
    socket.write('x');
    await settle();
    time.clock.advance(answerMs / 10);
  }
  const error = await failing;
  expect(error).toMatchObject({ code: 'http.unreachable', retryable: true });
  expect(error.message).toContain('took longer than 10 min to answer');
  await peer.closed;
});

test('a slow upload is not counted against the time of its answer', async () => {
  const { clock, http: client } = timed();
  const total = 4 * MIB;
  const answerMs = 1_000;
  let got = 0;
  await using peer = await rawPeer((socket) => {
    socket.on('data', (chunk) => {
      got += chunk.length;
      clock.advance(answerMs);
      if (got > total) socket.end(OK);
    });
  });
  expect((await client.request(post(peer.url, total, { stallMs: 1_000 * answerMs, answerMs }))).status).toBe(200);
  expect(clock.elapsed()).toBeGreaterThan(answerMs);
});
