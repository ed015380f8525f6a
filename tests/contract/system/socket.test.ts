import { describe, expect, test } from 'bun:test';
import { systemClock } from '../../../src/system/clock.ts';
import type { SocketEnd, Sockets } from '../../../src/system/net/socket.ts';
import { createSockets } from '../../../src/system/net/sockets.ts';
import { type FakeSocket, FakeSockets } from '../../fakes/studio/fake-sockets.ts';

/** How a peer treats whoever calls. `echo` sends texts back and obeys `binary`, `close` and `cut`. */
type Peer = 'echo' | 'busy' | 'other-protocol' | 'garbage' | 'reset' | 'silent' | 'absent' | 'deaf';

interface Subject extends AsyncDisposable {
  readonly sockets: Sockets;
  readonly url: string;
}

const PROTOCOL = 'studio-worker-v1';
const NOON = Date.UTC(2026, 4, 25, 12);
const BODY = 'x'.repeat(5_000);

function fakeSubject(peer: Peer): Subject {
  const play: Record<Peer, (socket: FakeSocket) => void> = {
    echo: (socket) => {
      socket.onSent = (text) => {
        if (text === 'binary') socket.binary(3);
        else if (text === 'close') socket.hangUp(4003, 'taken over');
        else if (text === 'cut') socket.cut();
        else socket.text(text);
      };
      socket.open();
    },
    busy: (socket) => socket.refuse(503, BODY, 7_000),
    'other-protocol': (socket) => socket.open('graphql-ws'),
    garbage: (socket) => socket.cut(),
    reset: (socket) => socket.cut(),
    absent: (socket) => socket.cut(),
    silent: () => {},
    deaf: (socket) => {
      socket.deaf = true;
      socket.open();
    },
  };
  const sockets = new FakeSockets(systemClock, play[peer]);
  return { sockets, url: `ws://${peer}/`, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function realSubject(peer: Peer): Subject {
  const sockets = createSockets({ clock: { ...systemClock, now: () => NOON }, env: () => undefined });
  const server = peer === 'echo' ? echoServer() : rawPeer(peer);
  const url = `ws://127.0.0.1:${server.port}/`;
  if (peer === 'absent') void server.stop(true);
  return { sockets, url, [Symbol.asyncDispose]: async () => await server.stop(true) };
}

const echoServer = () =>
  Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('no', { status: 400 })),
    websocket: {
      message(socket, text) {
        if (text === 'binary') socket.send(new Uint8Array(3));
        else if (text === 'close') socket.close(4003, 'taken over');
        else if (text === 'cut') socket.terminate();
        else socket.send(text);
      },
    },
  });

/** A peer that writes its answer to the upgrade by hand, and reads nothing after it. */
function rawPeer(peer: Exclude<Peer, 'echo'>) {
  return Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket, bytes) {
        if (peer === 'reset') return socket.terminate();
        const key = /^sec-websocket-key: (.*)\r$/im.exec(bytes.toString())?.[1];
        if (key !== undefined) socket.write(answerOf(peer, key));
      },
    },
  });
}

function answerOf(peer: Peer, key: string): string {
  const switching = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n`;
  if (peer === 'busy') return `HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
  if (peer === 'other-protocol') return `${switching}\r\n`;
  if (peer === 'deaf') return `${switching}Sec-WebSocket-Protocol: ${PROTOCOL}\r\n\r\n`;
  return peer === 'garbage' ? 'SSH-2.0-OpenSSH_9.2\r\n' : '';
}

/** RFC 6455 §4.2.2. */
const acceptKey = (key: string): string =>
  new Bun.CryptoHasher('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** A socket with everything that was heard of it. */
function dial({ sockets, url }: Pick<Subject, 'sockets' | 'url'>, headers: Record<string, string> = {}) {
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<SocketEnd>();
  const heard: (string | number)[] = [];
  const ends: SocketEnd[] = [];
  let wake = (): void => {};
  const note = (what: string | number): void => {
    heard.push(what);
    wake();
  };
  const socket = sockets.connect(
    { url, headers, protocol: PROTOCOL },
    {
      onOpened: opened.resolve,
      onText: note,
      onBinary: note,
      onClosed: (end) => {
        ends.push(end);
        closed.resolve(end);
      },
    },
  );
  return {
    socket,
    ends,
    opened: () => within(opened.promise, 'the socket to open'),
    closed: () => within(closed.promise, 'the socket to close'),
    heard: (count: number) =>
      within(
        new Promise<(string | number)[]>((resolve) => {
          wake = () => {
            if (heard.length >= count) resolve(heard);
          };
          wake();
        }),
        `${count} frames`,
      ),
  };
}

async function within<T>(promise: Promise<T>, what: string, limitMs = 2_000): Promise<T> {
  const late = Promise.withResolvers<never>();
  const disarm = systemClock.after(limitMs, () => late.reject(new Error(`waited ${limitMs} ms for ${what}`)));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    disarm();
  }
}

describe.each([
  ['the real sockets', realSubject],
  ['the fake sockets', fakeSubject],
])('%s', (_name, subject) => {
  test('an open socket carries texts both ways, in order', async () => {
    await using peer = subject('echo');
    const line = dial(peer);
    await line.opened();
    expect([line.socket.send('one'), line.socket.send('binary'), line.socket.send('zwei ✓')]).toEqual([
      true,
      true,
      true,
    ]);
    expect(await line.heard(3)).toEqual(['one', 3, 'zwei ✓']);
    line.socket.terminate();
    await line.closed();
  });

  test('nothing is sent before the socket opens or after it closed', async () => {
    await using peer = subject('echo');
    const line = dial(peer);
    expect(line.socket.send('early')).toBe(false);
    await line.opened();
    line.socket.close(1000, 'session ended');
    expect(line.socket.send('late')).toBe(false);
    expect((await line.closed()).code).toBe(1000);
    expect(line.socket.send('later')).toBe(false);
  });

  test('a close frame arrives with its code and reason', async () => {
    await using peer = subject('echo');
    const line = dial(peer);
    await line.opened();
    line.socket.send('close');
    expect(await line.closed()).toEqual({ code: 4003, reason: 'taken over' });
  });

  test('a line that breaks without a goodbye ends with 1006', async () => {
    await using peer = subject('echo');
    const line = dial(peer);
    await line.opened();
    line.socket.send('cut');
    expect((await line.closed()).code).toBe(1006);
  });

  test('a refused upgrade tells status, the start of the body and Retry-After', async () => {
    await using peer = subject('busy');
    const { code, refused } = await dial(peer).closed();
    expect(code).toBe(1006);
    expect(refused).toEqual({ status: 503, body: BODY.slice(0, 2_048), retryAfterMs: 7_000 });
  });

  test.each<Peer>(['other-protocol', 'garbage', 'reset', 'absent'])('a peer that is %s never opens', async (kind) => {
    await using peer = subject(kind);
    const line = dial(peer);
    const end = await line.closed();
    expect(end.code).toBe(1006);
    expect(end.refused).toBeUndefined();
  });

  test('a terminated socket ends once, whatever comes after', async () => {
    await using peer = subject('echo');
    const line = dial(peer);
    await line.opened();
    line.socket.terminate();
    line.socket.terminate();
    line.socket.close(1000, 'too late');
    await line.closed();
    line.socket.terminate();
    await Promise.resolve();
    expect(line.ends).toHaveLength(1);
  });

  test.each(['close', 'terminate'] as const)('a %s ends a socket whose upgrade is never answered', async (how) => {
    await using peer = subject('silent');
    const line = dial(peer);
    if (how === 'close') line.socket.close(1000, 'session ended');
    else line.socket.terminate();
    expect(line.ends).toEqual([]);
    expect((await line.closed()).code).toBe(1006);
  });

  test('a peer that ignores the close frame is cut after the grace', async () => {
    await using peer = subject('deaf');
    const line = dial(peer);
    await line.opened();
    line.socket.close(1000, 'session ended', 20);
    expect((await line.closed()).code).toBe(1006);
  });
});

describe('the real sockets alone', () => {
  test.each([
    ['Mon, 25 May 2026 12:01:30 GMT', 90_000],
    ['Mon, 25 May 2026 11:00:00 GMT', 0],
    ['soon', undefined],
  ])('Retry-After %s asks for %p ms', async (header, ms) => {
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => new Response('later', { status: 429, headers: { 'retry-after': header } }),
    });
    const { sockets } = realSubject('absent');
    const { refused } = await dial({ sockets, url: `ws://127.0.0.1:${server.port}/` }).closed();
    expect(refused).toEqual({ status: 429, body: 'later', ...(ms === undefined ? {} : { retryAfterMs: ms }) });
  });

  test('the upgrade carries the headers and the sub-protocol', async () => {
    const seen: (string | null)[] = [];
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        seen.push(request.headers.get('authorization'), request.headers.get('sec-websocket-protocol'));
        return new Response('', { status: 401 });
      },
    });
    const { sockets } = realSubject('absent');
    const url = `ws://127.0.0.1:${server.port}/`;
    expect((await dial({ sockets, url }, { authorization: 'Bearer t0k3n' }).closed()).refused?.status).toBe(401);
    expect(seen).toEqual(['Bearer t0k3n', PROTOCOL]);
  });

  test('a host outside is reached through the proxy of the environment', async () => {
    const seen = Promise.withResolvers<string>();
    using proxy = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data(socket, bytes) {
          seen.resolve(bytes.toString().split('\r\n')[0] ?? '');
          socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
        },
      },
    });
    const env = (name: string) => (name === 'HTTP_PROXY' ? `http://127.0.0.1:${proxy.port}` : undefined);
    const sockets = createSockets({ clock: systemClock, env });
    const end = await dial({ sockets, url: 'ws://studio.example/x' }).closed();
    expect(await seen.promise).toBe('CONNECT studio.example:80 HTTP/1.1');
    expect(end.code).toBe(1006);
    expect(end.reason).toContain('407');
  });

  test('a studio that listens on IPv6 alone is reached as localhost', async () => {
    using studio = Bun.serve({
      hostname: '::1',
      port: 0,
      fetch: (request, server) =>
        server.upgrade(request, {
          headers: { 'sec-websocket-protocol': request.headers.get('sec-websocket-protocol') ?? '' },
        })
          ? undefined
          : new Response('no upgrade'),
      websocket: { message: () => {} },
    });
    const { sockets } = realSubject('absent');
    const line = dial({ sockets, url: `ws://localhost:${studio.port}/` });
    await line.opened();
    line.socket.close(1000, 'seen');
    expect((await line.closed()).code).toBe(1000);
  });

  test('an invalid URL or header ends the socket like a failed connection', async () => {
    const { sockets } = realSubject('absent');
    const wrongUrl = dial({ sockets, url: 'ftp://studio.example/' });
    expect(wrongUrl.ends).toEqual([]);
    expect((await wrongUrl.closed()).code).toBe(1006);
    const line = dial({ sockets, url: 'ws://127.0.0.1:1/' }, { authorization: 'a\r\nb' });
    expect((await line.closed()).code).toBe(1006);
    expect(line.socket.send('x')).toBe(false);
    expect(line.socket.bufferedBytes).toBe(0);
  });

  test('a long reason is cut to what a close frame can carry', async () => {
    await using peer = realSubject('echo');
    const line = dial(peer);
    await line.opened();
    line.socket.close(1000, 'ü'.repeat(100));
    expect((await line.closed()).code).toBe(1000);
  });
});
