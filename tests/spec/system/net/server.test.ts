import { expect, test } from 'bun:test';
import { KIB } from '../../../../src/base/units.ts';
import { serve, type ServerSocket } from '../../../../src/system/net/server.ts';
import { within } from '../../../fakes/system/temp-folder.ts';

const LIMITS = {
  host: '127.0.0.1',
  maxRequestBytes: 64 * KIB,
  maxFrameBytes: 4 * KIB,
  idleSeconds: 10,
};

/** A server that upgrades what asks for it, echoes texts, and answers everything else with the size of its body. */
function setup() {
  const closed = Promise.withResolvers<number>();
  const echo = (socket: ServerSocket) => ({
    onText: (text: string) => socket.send(text),
    onBinary: () => socket.close(4002, 'texts only'),
    onClosed: closed.resolve,
  });
  const server = serve({
    ...LIMITS,
    port: 0,
    answer: async (request, peer) =>
      peer.upgrade({ 'sec-websocket-protocol': 'v1' }, echo) ??
      Response.json([peer.address, (await request.arrayBuffer()).byteLength]),
  });
  return { server, closed: closed.promise, [Symbol.asyncDispose]: () => server.stop('over') };
}

async function connected(url: string) {
  const socket = new WebSocket(url.replace('http', 'ws'), 'v1');
  const text = Promise.withResolvers<string>();
  const end = Promise.withResolvers<CloseEvent>();
  socket.addEventListener('message', ({ data }) => text.resolve(String(data)));
  socket.addEventListener('close', (event) => end.resolve(event));
  await within(10_000, 'an open socket', new Promise((resolve) => socket.addEventListener('open', resolve)));
  return {
    socket,
    text: () => within(10_000, 'a text', text.promise),
    end: () => within(10_000, 'the end of the socket', end.promise),
  };
}

test('a request is answered, and the answer may know its address', async () => {
  await using at = setup();
  const response = await fetch(at.server.url, { method: 'POST', body: 'abc' });
  expect(await response.json()).toEqual(['127.0.0.1', 3]);
});

test('a body over the limit is answered with 413', async () => {
  await using at = setup();
  const response = await fetch(at.server.url, { method: 'POST', body: new Uint8Array(65 * KIB) });
  expect(response.status).toBe(413);
});

test('an upgraded request is a socket that carries texts both ways', async () => {
  await using at = setup();
  const { socket, text } = await connected(at.server.url);
  socket.send('hello');
  expect([await text(), socket.protocol]).toEqual(['hello', 'v1']);
});

test('a frame over the limit ends the socket on both sides', async () => {
  await using at = setup();
  const { socket, end } = await connected(at.server.url);
  socket.send('a'.repeat(5 * KIB));
  const codes = [(await end()).code, await within(10_000, 'the end on our side', at.closed)];
  expect(codes).toEqual([1009, 1006]);
});

test('the code that a socket is closed with arrives', async () => {
  await using at = setup();
  const { socket, end } = await connected(at.server.url);
  socket.send(Uint8Array.of(1));
  expect(await end()).toMatchObject({ code: 4002, reason: 'texts only' });
});

test('a server that stops tells every socket why', async () => {
  await using at = setup();
  const { end } = await connected(at.server.url);
  await at.server.stop('the server goes');
  expect(await end()).toMatchObject({ code: 1001, reason: 'the server goes' });
});

test('a port that is taken is an error of the system', async () => {
  await using at = setup();
  expect(() => serve({ ...LIMITS, port: at.server.port, answer: async () => new Response() })).toThrow(
    expect.objectContaining({ code: 'EADDRINUSE' }),
  );
});
