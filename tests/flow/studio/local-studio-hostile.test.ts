import { expect, test } from 'bun:test';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { aTask } from '../../fakes/builders.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { needs, POSIX } from '../../needs.ts';

const setup = fakeStudio;

/** Sends bytes as they are and gives what came back before the other side closed. */
function say(port: number, text: string): Promise<string> {
  const answer = Promise.withResolvers<string>();
  let heard = '';
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  socket.on('error', answer.reject);
  socket.on('close', () => answer.resolve(heard));
  return answer.promise;
}

test.each(['[[[', 'a b%00', 'x:y:z'])('a request for the host %p is answered as malformed', async (host) => {
  await using studio = await setup();
  const request = `GET /graphics/api/admin/jobs HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  expect(await say(studio.studio.port, request)).toMatch(/^HTTP\/1\.1 400 /);
});

test.each([
  'evil.example',
  'evil.example:9790',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'studio.test.evil',
  'studio',
])('a request for host %p, which a web page could forge, is rejected', async (host) => {
  await using studio = await setup();
  for (const path of ['/graphics/api/workers/register-request', '/healthz', '/graphics/api/admin/jobs', '/nowhere']) {
    const answer = await say(studio.studio.port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).toContain('--public-name');
  }
});

test.each([
  '127.0.0.1',
  'localhost:9790',
  'LOCALHOST.',
  '[::1]:9790',
  '192.168.1.7',
  '[fd00::7]:1',
  'studio.test',
  'Studio.Test.:443',
])('a request for host %p, which no web page can forge, is answered', async (host) => {
  await using studio = await setup();
  const answer = await say(studio.studio.port, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('a client that disconnects mid-request logs no error in the studio', async () => {
  await using studio = await setup();
  const left = Promise.withResolvers<void>();
  const socket = connect(studio.studio.port, '127.0.0.1', () => {
    const head =
      'POST /graphics/api/workers/register-request HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n';
    socket.write(`${head}{`, () => socket.destroy());
  });
  socket.on('close', left.resolve);
  await left.promise;
  expect((await studio.operator('GET', '/jobs')).status).toBe(200);
  expect(studio.log.events.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a prompt of the maximum length comes back with its artifact', async () => {
  await using studio = await setup();
  const prompt = 'a fox '.repeat(500_000);
  const { id } = await studio.createJob(aTask({ kind: 'image', prompt }));
  using worker = await bareWorker(await studio.enrol());
  await worker.next('offer');
  worker.send({ type: 'accept', jobId: id });
  await studio.jobIs(id, 'running');
  expect((await worker.upload(id, undefined, { prompt })).status).toBe(200);
  expect((await studio.job(id)).state).toBe('completed');
});

test('an artifact of no bytes is no result, and the job is still held', async () => {
  await using studio = await setup();
  const { id } = await studio.createJob(aTask({ kind: 'image', prompt: 'a fox' }));
  using worker = await bareWorker(await studio.enrol());
  await worker.next('offer');
  worker.send({ type: 'accept', jobId: id });
  await studio.jobIs(id, 'running');
  const refused = await worker.upload(id, new Uint8Array());
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('the file part `image` is empty');
  expect((await worker.upload(id)).status).toBe(200);
});

needs(POSIX)('no file of the studio is readable by others', async () => {
  await using studio = await setup();
  const names = await readdir(studio.dataDir);
  expect(names).toContain('studio.sqlite-wal');
  for (const name of names) expect([name, (await stat(join(studio.dataDir, name))).mode & 0o077]).toEqual([name, 0]);
});
