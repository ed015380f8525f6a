import { expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { toWorkerError } from '../../../src/base/errors.ts';
import { pause } from '../../../src/base/pause.ts';
import { MIB } from '../../../src/base/units.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { HttpRequest } from '../../../src/system/net/http.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { rawPeer } from '../../fakes/system/raw-peer.ts';

/** Longer than any exchange of these tests takes; limits have a file of their own. */
const PATIENT_MS = 240_000;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const http = createHttp({ clock: systemClock, env: () => undefined, userAgent: 'studio-worker/test' });

const post = (url: string, sizeBytes: number, fields: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  body: [new Uint8Array(sizeBytes)],
  stallMs: PATIENT_MS,
  ...fields,
});

/** The error of a request that must not succeed. */
const failureOf = async (request: HttpRequest) => {
  const ended = await http.request(request).catch((thrown: unknown) => toWorkerError(thrown));
  return ended instanceof Error ? ended : expect.unreachable(`answered ${ended.status}`);
};

test.each([
  ['small', 10],
  ['large', 3 * MIB],
])('a %s body goes out in order under one Content-Length, never in chunks', async (_name, sizeBytes) => {
  const total = sizeBytes + 4;
  let seen = '';
  await using peer = await rawPeer((socket, received) => {
    socket.on('data', () => {
      const text = received();
      if (text.length < text.indexOf('\r\n\r\n') + 4 + total) return;
      seen = text;
      socket.end(OK);
    });
  });
  const body = [Buffer.from('ab'), new Uint8Array(sizeBytes).fill(120), Buffer.from('yz')];
  const response = await http.request(post(peer.url, 0, { body, headers: { authorization: 'Bearer t' } }));
  const [head = '', ...rest] = seen.split('\r\n\r\n');
  expect(response).toMatchObject({ status: 200, statusText: 'OK', headers: { 'content-length': '2' } });
  expect(head.match(/content-length: (\d+)/gi)).toEqual([`Content-Length: ${total}`]);
  expect(head).not.toMatch(/transfer-encoding/i);
  expect(head).toMatch(/user-agent: studio-worker\/test/i);
  expect(rest.join('\r\n\r\n') === `ab${'x'.repeat(sizeBytes)}yz`).toBe(true);
});

test.each([
  ['resets the connection in the middle of an upload', (socket: Socket) => socket.resetAndDestroy()],
  ['hangs up without an answer', (socket: Socket) => socket.end()],
  ['cuts its answer short', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf')],
  ['answers with something that is not HTTP', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n')],
])('a peer that %s is unreachable, with the cause kept', async (_what, answer) => {
  await using peer = await rawPeer((socket) => socket.once('data', () => answer(socket)));
  const error = await failureOf(post(peer.url, 2 * MIB, { stallMs: PATIENT_MS }));
  expect(error).toMatchObject({ code: 'http.unreachable' });
  expect(error.cause).toBeInstanceOf(Error);
});

test('a port where nobody listens is unreachable, and the text holds no secret', async () => {
  const peer = await rawPeer(() => {});
  await peer[Symbol.asyncDispose]();
  const url = `http://user:hunter2@127.0.0.1:${peer.port}/complete?token=hunter2`;
  const error = await failureOf(post(url, 10, { headers: { authorization: 'Bearer hunter2' } }));
  expect(error.message).toBe(`POST http://127.0.0.1:${peer.port}/complete got no answer`);
  expect(`${error.message} ${String(error.cause)}`).not.toContain('hunter2');
});

test('interim answers are waited through', async () => {
  await using peer = await rawPeer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      socket.end(OK);
    });
  });
  expect((await http.request(post(peer.url, 10))).status).toBe(200);
});

test('an answer given in the middle of an upload counts', async () => {
  await using peer = await rawPeer((socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno');
    });
  });
  const response = await http.request(post(peer.url, 24 * MIB));
  expect([response.status, new TextDecoder().decode(response.body)]).toEqual([409, 'no']);
});

test('an answer larger than allowed is refused while it arrives', async () => {
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(new Uint8Array(3 * MIB)),
  });
  const request: HttpRequest = { method: 'GET', url: server.url.href, stallMs: PATIENT_MS };
  expect((await failureOf(request)).message).toBe('the answer is larger than 1.0 MiB');
  expect((await http.request({ ...request, maxBodyBytes: 4 * MIB })).body.byteLength).toBe(3 * MIB);
});

test('an abort ends a request at once, with the reason given', async () => {
  const abort = new AbortController();
  await using peer = await rawPeer((socket) => socket.once('data', () => abort.abort(new Error('stopping'))));
  const request = http.request(post(peer.url, 2 * MIB, { stallMs: PATIENT_MS, signal: abort.signal }));
  expect(await request.catch((thrown: unknown) => thrown)).toBe(abort.signal.reason);
  await peer.closed;
  const late = http.request(post(peer.url, 10, { signal: abort.signal }));
  expect(await late.catch((thrown: unknown) => thrown)).toBe(abort.signal.reason);
});

test('one connection serves many requests', async () => {
  const ports = new Set<number>();
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request, self) {
      await request.bytes();
      await pause(systemClock, 10); // as far away as a studio is: an answer within a millisecond costs the connection
      ports.add(self.requestIP(request)?.port ?? 0);
      return new Response('ok');
    },
  });
  for (const sizeBytes of [10, 2 * MIB, 10, 2 * MIB]) await http.request(post(server.url.href, sizeBytes));
  expect(ports.size).toBe(1);
});

test('an upload follows redirects on its own host only', async () => {
  const elsewhere: string[] = [];
  using other = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      elsewhere.push(request.headers.get('authorization') ?? 'none');
      return new Response('ok');
    },
  });
  using studio = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/moved') return new Response(String((await request.bytes()).length));
      const location = pathname === '/near' ? '/moved' : other.url.href;
      return new Response(null, { status: 307, headers: { location } });
    },
  });
  const headers = { authorization: 'Bearer t' };
  const near = await http.request(post(`${studio.url.href}near`, 10, { headers }));
  expect(new TextDecoder().decode(near.body)).toBe('10');
  expect((await http.request(post(`${studio.url.href}far`, 10, { headers }))).status).toBe(307);
  expect(elsewhere).toEqual([]);
  const plain = await http.request({ method: 'GET', url: `${studio.url.href}far`, stallMs: PATIENT_MS });
  expect([plain.status, elsewhere]).toEqual([200, ['none']]);
});

test('redirects in a circle end with the last answer', async () => {
  const answer = () => new Response(null, { status: 302, headers: { location: '/' } });
  using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer });
  expect((await http.request({ method: 'GET', url: server.url.href, stallMs: PATIENT_MS })).status).toBe(302);
});

test('a redirect in raw UTF-8 leads where its bytes say', async () => {
  const asked: string[] = [];
  await using peer = await rawPeer((socket, received) => {
    socket.once('data', () => {
      asked.push(received().split(' ')[1] ?? '');
      const moved = 'HTTP/1.1 307 Moved\r\nLocation: /für/模型\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
      socket.end(asked.length === 1 ? moved : OK);
    });
  });
  expect((await http.request({ method: 'GET', url: peer.url, stallMs: PATIENT_MS })).status).toBe(200);
  expect(asked[1]).toBe('/f%C3%BCr/%E6%A8%A1%E5%9E%8B');
});

test.each(['::1', '127.0.0.1'])('a studio and a proxy on %s alone are reached as localhost', async (hostname) => {
  using server = Bun.serve({ port: 0, hostname, fetch: () => new Response('here') });
  const url = `http://localhost:${server.port}/`;
  const proxied = createHttp({ clock: systemClock, env: (name) => (name === 'http_proxy' ? url : undefined) });
  expect((await http.request({ method: 'GET', url, stallMs: PATIENT_MS })).status).toBe(200);
  expect((await proxied.request({ method: 'GET', url: 'http://studio.invalid/', stallMs: PATIENT_MS })).status).toBe(
    200,
  );
});

test('the proxy named by the environment carries the request', async () => {
  const asked: string[] = [];
  await using proxy = await rawPeer((socket, received) => {
    socket.once('data', () => {
      asked.push(received().split('\r\n')[0] ?? '');
      socket.end(OK);
    });
  });
  const env = (name: string) => (name.toUpperCase() === 'HTTP_PROXY' ? `http://127.0.0.1:${proxy.port}` : undefined);
  const proxied = createHttp({ clock: systemClock, env });
  const response = await proxied.request({ method: 'GET', url: 'http://studio.invalid/x', stallMs: PATIENT_MS });
  expect([response.status, asked]).toEqual([200, ['GET http://studio.invalid/x HTTP/1.1']]);
});

test('a loopback studio is reached directly, whatever proxy the environment names', async () => {
  using studio = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('direct') });
  const script = `
    const { createHttp } = await import('${import.meta.dir}/../../../src/system/net/http-client.ts');
    const { systemClock } = await import('${import.meta.dir}/../../../src/system/clock.ts');
    const http = createHttp({ clock: systemClock, env: (name) => process.env[name] });
    const { body } = await http.request({ method: 'GET', url: '${studio.url.href}', stallMs: ${PATIENT_MS} });
    process.stdout.write(body);`;
  const env = { ...process.env, HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' };
  const child = Bun.spawn([process.execPath, '-e', script], { env, stdout: 'pipe', stderr: 'inherit' });
  expect(await new Response(child.stdout).text()).toBe('direct');
});
