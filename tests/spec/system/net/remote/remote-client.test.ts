import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import type { Resolve } from '../../../../../src/system/net/remote/net-guard.ts';
import type { RemoteOptions } from '../../../../../src/system/net/remote/remote-client.ts';
import type { RemoteAnswer } from '../../../../../src/system/net/remote/remote.ts';
import { downloadHost, someBytes } from '../../../../fakes/models/download-host.ts';
import { aRemote } from '../../../../fakes/system/a-remote.ts';
import { FakeClock, passUntilOver, settle } from '../../../../fakes/system/fake-clock.ts';
import { failureOf, tempFolder, within } from '../../../../fakes/system/temp-folder.ts';
import { needs } from '../../../../needs.ts';

const { signal } = new AbortController();

function remoteWith(options: Partial<RemoteOptions> = {}) {
  const remote = aRemote({ userAgent: 'studio-worker/test', ...options });
  return (url: string, about: { headers?: Record<string, string>; stallMs?: number; signal?: AbortSignal } = {}) =>
    remote.open({ what: 'model', url, stallMs: 60_000, signal, ...about });
}

async function bytesOf(answer: RemoteAnswer): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of answer.chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

test('a name is resolved once per hop, and the checked address is dialled', async () => {
  await using host = await downloadHost(someBytes(10));
  const answers = [['127.0.0.1'], ['10.0.0.1']]; // the second answer is what a rebinding name server would give
  const asked: string[] = [];
  const resolve: Resolve = async (name) => (asked.push(name), answers[asked.length - 1] ?? []);
  const open = remoteWith({ resolve });
  const answer = await open(`http://models.localhost:${host.port}/m?x=1`);
  expect(await bytesOf(answer)).toEqual(host.content);
  expect(asked).toEqual(['models.localhost']);
  expect(host.asked[0]?.headers.get('host')).toBe(`models.localhost:${host.port}`);
  expect(host.asked[0]?.headers.get('accept-encoding')).toBe('identity');
  expect(host.asked[0]?.path).toBe('/m?x=1');
  expect(await failureOf(open(`http://models.localhost:${host.port}/m`))).toMatchObject({ code: 'url.refused' });
  expect(host.asked).toHaveLength(1);
});

needs('openssl')('a certificate is checked against the name, not against the address we went to', async () => {
  await using folder = await tempFolder();
  const made = Bun.spawnSync([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    folder.at('key.pem'),
    '-out',
    folder.at('cert.pem'),
    '-subj',
    '/CN=models.example',
    '-addext',
    'subjectAltName=DNS:models.example',
  ]);
  expect(made.exitCode).toBe(0);
  const tls = { key: Bun.file(folder.at('key.pem')), cert: Bun.file(folder.at('cert.pem')) };
  using server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls, fetch: () => new Response('weights') });
  const program = `
    import { createRemote } from '${import.meta.dir}/../../../../../src/system/net/remote/remote-client.ts';
    import { systemClock } from '${import.meta.dir}/../../../../../src/system/clock.ts';
    const remote = createRemote({
      clock: systemClock, env: () => undefined, userAgent: 'test', allowPrivate: () => true, resolve: async () => ['127.0.0.1'],
    });
    const { signal } = new AbortController();
    for (const name of ['models.example', 'other.example']) {
      const answer = remote.open({ what: 'model', url: 'https://' + name + ':${server.port}/', stallMs: 5_000, signal });
      console.log(name, await answer.then(({ status }) => status, ({ code, message }) => code + ' ' + message));
    }
    process.exit(0);`;
  await writeFile(folder.at('ask.ts'), program);
  const child = Bun.spawn([process.execPath, folder.at('ask.ts')], {
    env: { PATH: process.env['PATH'] ?? '', NODE_EXTRA_CA_CERTS: folder.at('cert.pem') },
    stdout: 'pipe',
  });
  const out = await within(10_000, 'the child', new Response(child.stdout).text());
  expect(out).toContain('models.example 200');
  expect(out).toMatch(/other\.example download\.failed .*CERT/);
});

test('redirects are followed, each hop checked like the first', async () => {
  await using host = await downloadHost(someBytes(10));
  const open = remoteWith();
  host.fault = (_asked, nth) => (nth === 1 ? { status: 302, headers: [`Location: /elsewhere`] } : undefined);
  expect((await open(host.url)).status).toBe(200);
  expect(host.asked.at(-1)?.path).toBe('/elsewhere');
  for (const [location, sentence] of [
    ['http://10.0.0.1/m', 'must use https'],
    ['https://10.0.0.1/m', 'not on the public internet'],
    ['https://169.254.169.254/latest', 'not on the public internet'],
    ['file:///etc/passwd', 'must use https'],
  ] as const) {
    host.fault = () => ({ status: 302, headers: [`Location: ${location}`] });
    expect(String(await failureOf(open(host.url)))).toContain(sentence);
  }
});

test('a redirect in raw UTF-8 leads where its bytes say', async () => {
  await using host = await downloadHost(someBytes(10));
  const open = remoteWith();
  host.fault = (_asked, nth) => (nth === 1 ? { status: 302, headers: ['Location: /modèle/模型.gguf?é=1'] } : undefined);
  expect((await open(host.url)).status).toBe(200);
  expect(host.asked.at(-1)?.path).toBe('/mod%C3%A8le/%E6%A8%A1%E5%9E%8B.gguf?%C3%A9=1');
});

test('a server that listens on one family alone is found under localhost', async () => {
  for (const hostname of ['::1', '127.0.0.1']) {
    using server = Bun.serve({ port: 0, hostname, fetch: () => new Response('weights') });
    const answer = await remoteWith()(`http://localhost:${server.port}/m`);
    expect(Buffer.from(await bytesOf(answer)).toString()).toBe('weights');
  }
});

test('addresses that refuse, or hang up unasked, are followed by the next one', async () => {
  await using host = await downloadHost(someBytes(10));
  const close = (socket: { end: () => void }): void => socket.end();
  using _rude = Bun.listen({ hostname: '127.0.0.3', port: host.port, socket: { open: close, data: () => {} } });
  const asked: string[] = [];
  const resolve: Resolve = async (name) => (asked.push(name), ['127.0.0.2', '127.0.0.3', '127.0.0.1']);
  const answer = await remoteWith({ resolve })(`http://models.localhost:${host.port}/m`);
  expect(await bytesOf(answer)).toEqual(host.content);
  expect(asked).toEqual(['models.localhost']);
  expect(host.asked.map(({ headers }) => headers.get('host'))).toEqual([`models.localhost:${host.port}`]);
});

test('a host none of whose addresses accepts is named with the reason of each', async () => {
  const host = await downloadHost(someBytes(10));
  await host[Symbol.asyncDispose]();
  const failure = await failureOf(remoteWith()(`http://models.localhost:${host.port}/m?token=x`));
  expect(failure).toMatchObject({ code: 'download.failed', retryable: true });
  expect(String(failure)).toMatch(/models\.localhost.*127\.0\.0\.1.*::1/);
  expect(String(failure)).not.toContain('token');
});

test('redirects without end are a failure', async () => {
  await using host = await downloadHost(someBytes(10));
  host.fault = () => ({ status: 307, headers: ['Location: /again'] });
  expect(String(await failureOf(remoteWith()(host.url)))).toContain('redirects more than 5 times');
  expect(host.asked).toHaveLength(6);
});

test('an operator’s permission for private addresses applies from the next request', async () => {
  await using host = await downloadHost(someBytes(10));
  let allowPrivate = false;
  const open = remoteWith({ allowPrivate: () => allowPrivate, resolve: async () => ['127.0.0.1'] });
  const url = `https://nas.example:${host.port}/m`;
  expect(await failureOf(open(url))).toMatchObject({ code: 'url.refused' });
  allowPrivate = true;
  // Let through, it fails for another reason: what listens there speaks no TLS, and waits for more.
  expect(await failureOf(open(url, { stallMs: 100 }))).toMatchObject({ code: 'download.failed' });
});

test('a name that cannot be looked up may be known tomorrow', async () => {
  const open = remoteWith({ resolve: () => Promise.reject(new Error('ENOTFOUND models.example')) });
  expect(await failureOf(open('https://models.example/m?token=x'))).toMatchObject({
    code: 'download.failed',
    retryable: true,
    message: expect.not.stringContaining('token'),
  });
});

test('a proxy looks names up itself, and still gets no address inside', async () => {
  await using proxy = await downloadHost(someBytes(10));
  const open = remoteWith({
    env: (name) => (name === 'HTTPS_PROXY' ? `http://127.0.0.1:${proxy.port}` : undefined),
    resolve: (host) =>
      host === 'inside.example' ? Promise.resolve(['10.0.0.1']) : Promise.reject(new Error('no DNS')),
  });
  expect(await failureOf(open('https://inside.example/m'))).toMatchObject({ code: 'url.refused' });
  expect(await failureOf(open('https://10.0.0.1/m'))).toMatchObject({ code: 'url.refused' });
  expect(proxy.asked).toEqual([]);
  await failureOf(open('https://models.example/m'));
  expect(proxy.asked.length).toBeGreaterThan(0);
});

test('a silent server is hung up on, before its head and in its body', async () => {
  await using host = await downloadHost(someBytes(100));
  const clock = new FakeClock();
  const open = remoteWith({ clock });
  host.fault = () => ({ stallAfterBytes: 10 });
  const reading = failureOf(bytesOf(await open(host.url)));
  await passUntilOver(clock, 60_000, reading);
  expect(String(await reading)).toContain('moved next to nothing for 1 min');
  const opened = Promise.withResolvers<void>();
  host.hold = opened.promise;
  const opening = failureOf(open(host.url));
  await passUntilOver(clock, 60_000, opening);
  expect(String(await opening)).toContain('moved next to nothing for 1 min');
  opened.resolve();
});

test('a server that trickles bytes is disconnected', async () => {
  const clock = new FakeClock();
  const drip = (): ReadableStream =>
    new ReadableStream({
      async pull(controller) {
        await settle();
        clock.advance(400);
        controller.enqueue(new Uint8Array(100));
      },
    });
  using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(drip()) });
  // Whether the answer's head is seen before the time is up is chance: it counts as one exchange.
  const whole = async () =>
    bytesOf(await remoteWith({ clock })(`http://127.0.0.1:${server.port}/`, { stallMs: 5_000 }));
  expect(String(await failureOf(whole()))).toContain('moved next to nothing for 5.0 s');
});

test('a caller who gives up gets its own reason, whenever that is', async () => {
  await using host = await downloadHost(someBytes(100));
  const open = remoteWith();
  const reason = new Error('enough');
  expect(await failureOf(open(host.url, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  host.fault = () => ({ stallAfterBytes: 10 });
  const leaving = new AbortController();
  const answer = await open(host.url, { signal: leaving.signal });
  const reading = failureOf(bytesOf(answer));
  leaving.abort(reason);
  expect(await reading).toBe(reason);
});

test('an answer that is disposed of ends its connection', async () => {
  await using host = await downloadHost(someBytes(100));
  const answer = await remoteWith()(host.url);
  answer[Symbol.dispose]();
  expect(await failureOf(bytesOf(answer))).toMatchObject({ code: 'download.failed' });
});
