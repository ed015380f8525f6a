import { expect, test } from 'bun:test';
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkerError } from '../../../src/base/errors.ts';
import { toWorkerId } from '../../../src/base/ids.ts';
import { KIB, MIB } from '../../../src/base/units.ts';
import type { DeliveryReport } from '../../../src/jobs/delivery-report.ts';
import type { JobOutcome } from '../../../src/jobs/job.ts';
import type { Feature } from '../../../src/contract/frames/inbound.ts';
import type { OutboundFrame } from '../../../src/contract/frames/outbound.ts';
import { createLogger, type LogEvent } from '../../../src/log/logger.ts';
import { createDelivery } from '../../../src/studio/delivery/deliver.ts';

import { openOutbox, type Outbox } from '../../../src/studio/delivery/outbox.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { type Files, systemFiles } from '../../../src/system/disk/files.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { anOutcome } from '../../fakes/outcomes.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';

/** Too large for the journal: in a file of its own. */
const large = (last: number): Uint8Array => new Uint8Array(65 * KIB).fill(last, -1);

/** What the studio answers instead of taking an upload. */
const answer = (status: number, retryAfter?: string): Response =>
  new Response('boom', { status, ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }) });
const overloaded = (count: number): Response[] => Array.from({ length: count }, () => answer(503, '60'));
const hanging = (count: number): Promise<Response>[] =>
  Array.from({ length: count }, () => new Promise<Response>(() => {}));

/** A delivery over real HTTP and a real disk; only pauses between tries are the test's. */
async function setup({ files = systemFiles, stallMs = 30_000 }: { files?: Files; stallMs?: number } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'delivery-'));
  const studio = await fakeStudio();
  const clock = new FakeClock();
  const events: LogEvent[] = [];
  const waiting = new Set<() => void>();
  const sink = (event: LogEvent): void => {
    events.push(event);
    for (const look of waiting) look();
  };
  const log = createLogger({ area: 'delivery', clock, sinks: [sink], redact: (fields) => fields });
  const reports: string[] = [];
  const session = { live: true, offers: [] as Feature[], sent: [] as OutboundFrame[] };
  const credentials = { ...(await studio.enrol()) };
  const { workerId } = credentials;
  let outbox: Outbox | undefined;
  const start = async () => {
    outbox = await openOutbox({ dir, maxBytes: 1e9, files, clock, sha256, log });
    return createDelivery({
      http: createHttp({ clock: systemClock, env: () => undefined }),
      outbox,
      claims: { send: (frame) => session.live && session.sent.push(frame) > 0, release: () => {} },
      credentials: () => credentials,
      clock,
      random: systemRandom,
      log,
      studioOffers: (feature) => session.offers.includes(feature),
      onReport: (jobId, report) => void reports.push(`${jobId} ${report.is}`),
      stallMs,
    });
  };
  /** The nth log event of this name, once it was said. */
  const said = (name: string, nth = 1): Promise<LogEvent> => {
    const { promise, resolve, reject } = Promise.withResolvers<LogEvent>();
    const timer = setTimeout(() => reject(new Error(`no ${name} number ${nth} was logged`)), 10_000);
    const look = (): void => {
      const event = events.filter((each) => each.event === name)[nth - 1];
      if (event === undefined) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve(event);
    };
    waiting.add(look);
    look();
    return promise;
  };
  const delivery = await start();
  return {
    dir,
    studio,
    /** Answers to the next uploads. */
    faults: studio.mischief.failUploads,
    clock,
    session,
    reports,
    credentials,
    start,
    said,
    delivery,
    /** Delivers the outcome of a job that the studio holds for us. */
    async deliver(outcome: JobOutcome): Promise<DeliveryReport> {
      await studio.hold(outcome.job.id, workerId);
      return await delivery.deliver(outcome);
    },
    /** How many uploads the studio answered. */
    asked: () => studio.uploads.length,
    /** Jobs whose result the studio took, in that order. */
    stored: () => studio.uploads.flatMap(({ jobId, status }) => (status === 200 ? [jobId] : [])),
    names: () => events.map((event) => event.event),
    /** Names of the results that are in files of their own, once removed ones are gone. */
    async files() {
      await outbox?.close();
      return (await readdir(dir)).filter((name) => name !== 'journal');
    },
    async [Symbol.asyncDispose]() {
      await outbox?.close();
      await studio[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

test('an artifact reaches the studio whole and leaves no trace on disk', async () => {
  await using world = await setup();
  const bytes = Uint8Array.from({ length: 2 * MIB }, (_, at) => at % 251);
  expect(await world.deliver(anOutcome('job-1', bytes))).toEqual({ is: 'delivered' });
  expect(await world.studio.job('job-1')).toMatchObject({
    state: 'completed',
    prompt: 'a red fox',
    artifact: { ext: 'png', sizeBytes: bytes.byteLength, sha256: sha256(bytes).toHex() },
  });
  expect((await world.said('artifact.uploaded')).fields).toMatchObject({ jobId: 'job-1', sizeBytes: 2 * MIB });
  expect([await world.files(), world.session.sent]).toEqual([[], []]);
});

test('a job id of any characters is one segment of the upload path', async () => {
  await using world = await setup();
  const paths: string[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => {
      paths.push(new URL(url).pathname);
      return Response.json({ ok: true });
    },
  });
  Object.assign(world.credentials, { apiBaseUrl: server.url.href, workerId: 'w-1' });
  expect(await world.delivery.deliver(anOutcome('job/1 ü'))).toEqual({ is: 'delivered' });
  expect(paths).toEqual(['/graphics/api/workers/w-1/jobs/job%2F1%20%C3%BC/complete']);
});

test('where a result was computed goes only to a studio that asks for it', async () => {
  await using world = await setup();
  const ran = (id: string) => anOutcome(id, Uint8Array.of(1), 'vulkan');
  await world.deliver(ran('job-1'));
  world.session.offers.push('generationMeta');
  await world.deliver(ran('job-2'));
  expect((await world.studio.job('job-1')).ranOn).toBeUndefined();
  expect((await world.studio.job('job-2')).ranOn).toBe('vulkan');
});

test('two server errors and a success make one stored result', async () => {
  await using world = await setup();
  world.faults.push(answer(500), answer(500));
  const report = world.deliver(anOutcome('job-1'));
  await world.said('delivery.retried', 1);
  world.clock.advance(1000);
  await world.said('delivery.retried', 2);
  world.clock.advance(2000);
  expect(await report).toEqual({ is: 'delivered' });
  expect([world.asked(), world.stored().length, world.session.sent]).toEqual([3, 1, []]);
});

test('three server errors tell the studio that the job failed, and why', async () => {
  await using world = await setup();
  world.faults.push(answer(500), answer(500), answer(500));
  const report = world.deliver(anOutcome('job-1'));
  for (const nth of [1, 2]) {
    await world.said('delivery.retried', nth);
    world.clock.advance(nth * 1000);
  }
  const error = 'complete failed: 500 Internal Server Error — boom';
  expect(await report).toEqual({ is: 'kept', because: error });
  expect(world.session.sent).toMatchObject([{ type: 'fail', jobId: 'job-1', error, retryable: true }]);
  expect(world.delivery.pending().count).toBe(1);
});

test('a result the studio could not take in time is delivered in the background', async () => {
  await using world = await setup();
  world.faults.push(answer(503, '90'));
  expect(await world.deliver(anOutcome('job-1'))).toMatchObject({ is: 'kept' });
  expect(world.clock.nextInMs).toBeWithin(90_000, 112_501);
  world.clock.advance(112_500);
  await world.said('artifact.uploaded');
  expect(world.stored().length).toBe(1);
  await world.delivery.stop();
  expect(world.reports).toEqual(['job-1 delivered']);
  expect([await world.files(), world.delivery.pending().count]).toEqual([[], 0]);
});

test('a Retry-After is waited for while the slot is held', async () => {
  await using world = await setup();
  world.faults.push(answer(429, '7'));
  const report = world.deliver(anOutcome('job-1'));
  expect((await world.said('delivery.retried')).fields).toMatchObject({ attempt: 1, retryInMs: 7000 });
  world.clock.advance(7000);
  expect(await report).toEqual({ is: 'delivered' });
});

test('an upload cut off in the middle is retried and stored once', async () => {
  await using world = await setup();
  let cuts = 1;
  const proxy = createServer((socket) => {
    socket.on('error', () => {}); // the reset below, seen from this side
    if (cuts-- > 0) socket.once('data', () => socket.resetAndDestroy());
    else socket.pipe(connect(world.studio.studio.port, '127.0.0.1')).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  world.credentials.apiBaseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;

  const report = world.deliver(anOutcome('job-1', new Uint8Array(MIB)));
  expect((await world.said('delivery.retried')).fields).toMatchObject({ error: expect.stringContaining('ECONNRESET') });
  world.clock.advance(1000);
  expect(await report).toEqual({ is: 'delivered' });
  expect([world.asked(), world.stored().length]).toEqual([1, 1]);
  proxy.close();
});

test('a studio that never answers an upload is asked again after the stall limit', async () => {
  await using world = await setup({ stallMs: 300 });
  world.faults.push(...hanging(1));
  const report = world.deliver(anOutcome('job-1'));
  await world.said('delivery.retried');
  world.clock.advance(1000);
  expect(await report).toEqual({ is: 'delivered' });
});

test('a result of a reassigned job is discarded without a frame', async () => {
  await using world = await setup();
  await world.studio.hold('job-1', (await world.studio.enrol()).workerId);
  expect(await world.delivery.deliver(anOutcome('job-1'))).toMatchObject({ is: 'discarded' });
  expect([world.studio.uploads, world.session.sent, world.delivery.pending().count]).toEqual([
    [{ jobId: 'job-1', status: 409 }],
    [],
    0,
  ]);
  expect((await world.said('result.discarded')).fields).toMatchObject({ jobId: 'job-1' });
});

test.each([401, 403])('a studio that answers %d leaves the result on disk for the operator', async (status) => {
  await using world = await setup();
  world.faults.push(answer(status));
  expect(await world.deliver(anOutcome('job-1'))).toMatchObject({ is: 'kept' });
  expect(world.session.sent).toMatchObject([{ type: 'fail', retryable: true }]);
  expect((await world.said('delivery.unauthorized')).fields).toMatchObject({ jobId: 'job-1', status });
  expect(world.delivery.pending().count).toBe(1);
});

test('an upload the studio will never take is reported and not kept', async () => {
  await using world = await setup();
  world.faults.push(answer(413));
  expect(await world.deliver(anOutcome('job-1'))).toMatchObject({ is: 'discarded' });
  expect(world.session.sent).toMatchObject([{ error: expect.stringContaining('413'), retryable: true }]);
  expect([world.asked(), world.delivery.pending().count]).toEqual([1, 0]);
});

test('a worker killed with a full outbox delivers every result after its restart', async () => {
  await using world = await setup();
  const count = 25;
  world.faults.push(...hanging(count));
  const script = join(import.meta.dir, '../../fakes/studio/outbox-child.ts');
  const { apiBaseUrl, workerId, authToken } = world.credentials;
  for (let at = 0; at < count; at++) await world.studio.hold(`job-${at}`, workerId);
  const cmd = [process.execPath, script, world.dir, String(count), apiBaseUrl, workerId, authToken];
  const child = Bun.spawn(cmd, { stdout: 'pipe', stderr: 'inherit' });
  const { value: firstWords } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(firstWords)).toBe('uploading\n');
  child.kill('SIGKILL');
  await child.exited;
  world.faults.length = 0;

  const restarted = await world.start();
  expect(restarted.pending().count).toBe(count);
  await restarted.deliverPending();
  expect(world.reports).toHaveLength(count);
  expect(new Set(world.reports.map((report) => report.split(' ').at(-1)))).toEqual(new Set(['delivered']));
  const sizes = Array.from(
    { length: count },
    async (_, at) => (await world.studio.job(`job-${at}`)).artifact?.sizeBytes,
  );
  expect(await Promise.all(sizes)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  expect([await world.files(), restarted.pending().count]).toEqual([[], 0]);
});

test('a hundred waiting results are delivered oldest first, around a damaged one', async () => {
  await using world = await setup();
  world.faults.push(...overloaded(100));
  for (let at = 0; at < 100; at++) await world.deliver(anOutcome(`job-${at}`, at % 2 === 0 ? large(at) : undefined));
  await world.delivery.stop();
  const files = (await world.files()).toSorted();
  await appendFile(join(world.dir, files[25] ?? ''), 'x');

  const restarted = await world.start();
  expect(restarted.pending().count).toBe(100);
  await restarted.deliverPending();
  const expected = Array.from({ length: 100 }, (_, at) => `job-${at}`).filter((id) => id !== 'job-50');
  expect(world.stored()).toEqual(expected);
  expect(await readdir(join(world.dir, 'corrupt'))).toEqual([files[25] ?? '']);
  expect(restarted.pending().count).toBe(0);
});

test('a studio that is down is asked once a round, not once a result', async () => {
  await using world = await setup();
  world.faults.push(...overloaded(4));
  for (const id of ['a', 'b', 'c']) await world.deliver(anOutcome(id));
  await world.delivery.deliverPending();
  expect(world.asked()).toBe(4);
  world.delivery.onWelcome({ type: 'welcome', workerId: toWorkerId('w-1'), serverTime: '', features: [] });
  await world.said('artifact.uploaded', 3);
  expect(world.stored().length).toBe(3);
});

test('a result that always fails does not hold up the ones behind it', async () => {
  await using world = await setup();
  world.faults.push(...overloaded(2));
  for (const id of ['poison', 'good']) await world.deliver(anOutcome(id));
  world.faults.push(answer(500));
  await world.delivery.deliverPending();
  expect(world.stored()).toEqual(['good']);
  expect(world.delivery.pending().count).toBe(1);
});

test('a delivery round sets rejected results aside and stops at a rejected token', async () => {
  await using world = await setup();
  world.faults.push(...overloaded(5));
  for (const id of ['too-large', 'taken', 'forbidden', 'stranger', 'last']) await world.deliver(anOutcome(id));
  world.faults.push(answer(413), answer(409), answer(403), answer(401));
  await world.delivery.deliverPending();
  expect([world.asked(), world.delivery.pending().count]).toEqual([9, 3]);
  expect((await world.said('result.set-aside')).fields).toMatchObject({ jobId: 'too-large' });
  expect((await world.said('result.discarded')).fields).toMatchObject({ jobId: 'taken' });
  expect((await world.said('delivery.unauthorized', 2)).fields).toMatchObject({ jobId: 'stranger', status: 401 });
  expect(world.reports).toEqual(['too-large discarded', 'taken discarded']);
});

/** Answers of a proxy, of a network's log-in, and of a server that knows no such address. */
const elsewhere: readonly (readonly [string, () => Response])[] = [
  ...[301, 302, 307, 308].map((status) => {
    const moved = () => new Response('', { status, headers: { location: 'http://127.0.0.1:9/elsewhere' } });
    return [`redirects with ${status}`, moved] as const;
  }),
  ['knows no such address', () => answer(404)],
  ['takes no such method', () => answer(405)],
  ['shows a page', () => new Response('<title>Log in</title>', { headers: { 'content-type': 'text/html' } })],
  ['shows a page without a type', () => new Response('\n<!DOCTYPE html><p>Log in')],
  ['shows a page that begins with a comment', () => new Response('<!-- portal --><html><p>Log in')],
  [
    'shows a page as XML',
    () => new Response('\ufeff<?xml version="1.0"?><html/>', { headers: { 'content-type': 'text/plain' } }),
  ],
  ['shows a script', () => new Response('<script>location.href = "https://portal.example/"</script>')],
];
for (const [what, reply] of elsewhere) {
  test(`a result stays on disk when what answers for the studio ${what}`, async () => {
    await using world = await setup();
    world.faults.push(reply());
    expect(await world.deliver(anOutcome('job-1'))).toMatchObject({ is: 'kept' });
    world.faults.push(reply());
    await world.delivery.deliverPending();
    expect([world.delivery.pending().count, world.reports]).toEqual([1, []]);
    await world.delivery.deliverPending();
    expect([world.stored().at(-1), world.reports]).toEqual(['job-1', ['job-1 delivered']]);
    expect(world.asked()).toBe(3);
  });
}

test('a result the studio refuses during its job is set aside', async () => {
  await using world = await setup();
  world.faults.push(answer(413));
  expect(await world.deliver(anOutcome('job-1'))).toMatchObject({ is: 'discarded' });
  const { fields } = await world.said('result.set-aside');
  expect(await readFile(String(fields['movedTo']))).not.toHaveLength(0);
  expect(world.session.sent).toMatchObject([{ type: 'fail', jobId: 'job-1', retryable: true }]);
});

test('a result made under another worker name stays on disk and is logged once', async () => {
  await using world = await setup();
  world.faults.push(...overloaded(1));
  await world.deliver(anOutcome('job-1'));
  world.credentials.workerId = 'w-2';
  await world.delivery.deliverPending();
  await world.delivery.deliverPending();
  expect([world.asked(), world.delivery.pending().count]).toEqual([1, 1]);
  expect(world.names().filter((name) => name === 'result.kept').length).toBe(2); // one by the job, one by the round
});

test('a round asked for during a round runs after it and waits for both', async () => {
  await using world = await setup();
  world.faults.push(...overloaded(2), answer(500));
  for (const id of ['a', 'b']) await world.deliver(anOutcome(id));
  await Promise.all([world.delivery.deliverPending(), world.delivery.deliverPending()]);
  expect([world.stored().length, world.delivery.pending().count]).toEqual([2, 0]);
});

test.each([
  ['file of its own', large(1)],
  ['journal', Uint8Array.of(1)],
])('a disk that cannot be read keeps results in a %s and stops nothing', async (_where, bytes) => {
  let broken = false;
  const failure = new Error('EIO: i/o error, read');
  const readBytes: Files['readBytes'] = (path) => (broken ? Promise.reject(failure) : systemFiles.readBytes(path));
  const openAppend: Files['openAppend'] = (path, startAt) => {
    const file = systemFiles.openAppend(path, startAt);
    const intact = file.read.bind(file);
    const read = (at: number, sizeBytes: number): Uint8Array => {
      if (broken) throw failure;
      return intact(at, sizeBytes);
    };
    return Object.assign(file, { read });
  };
  await using world = await setup({ files: { ...systemFiles, readBytes, openAppend } });
  world.faults.push(...overloaded(1));
  await world.deliver(anOutcome('job-1', bytes));
  broken = true;
  await world.delivery.deliverPending();
  expect((await world.said('result.kept', 2)).fields).toMatchObject({ because: 'EIO: i/o error, read' });
  broken = false;
  await world.delivery.deliverPending();
  expect(world.stored().length).toBe(1);
});

test.each([
  ['file of its own', large(1)],
  ['journal', Uint8Array.of(1)],
])('a full disk for a %s costs a warning, not the result', async (_where, bytes) => {
  const full = new WorkerError('disk.full', 'no space left');
  const openAppend = (): never => {
    throw full;
  };
  await using world = await setup({ files: { ...systemFiles, writeDurable: () => Promise.reject(full), openAppend } });
  world.faults.push(answer(500));
  const report = world.deliver(anOutcome('job-1', bytes));
  await world.said('delivery.retried');
  world.clock.advance(1000);
  expect(await report).toEqual({ is: 'delivered' });
  expect(world.names()).toEqual(['result.not-kept', 'delivery.retried', 'artifact.uploaded']);
});

test('stopping during a retry ends the wait and keeps the result', async () => {
  await using world = await setup();
  world.session.live = false;
  world.faults.push(answer(500));
  const report = world.deliver(anOutcome('job-1'));
  await world.said('delivery.retried');
  await world.delivery.stop();
  expect(await report).toMatchObject({ is: 'kept' });
  expect([world.delivery.pending().count, world.clock.armed]).toEqual([1, 0]);
});
