import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { createWorld } from '../../../src/compose.ts';
import { serveLocalApi } from '../../fakes/serve-local-api.ts';
import { aTask } from '../../fakes/builders.ts';
import { aScreen } from '../../spec/cli/a-world.ts';
import { setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A worker whose studio refuses its first result for good, and the command line beside it. */
async function setup() {
  const scene = await setupScene({ config: { local_api_port: 0 } });
  const { worker, studio } = scene;
  const configPath = worker.config.path;
  const api = await serveLocalApi(worker.composed, worker);
  const answered = Promise.withResolvers<Response>();
  studio.mischief.failUploads.push(answered.promise);
  const { id } = await studio.createJob(
    aTask({ kind: 'image', prompt: 'a red fox', width: 64, height: 64, ext: 'webp' }),
  );
  await worker.until('a result on its way', () => worker.status().outbox.count === 1);
  await worker.control.pause({}); // or it would take the job again
  answered.resolve(new Response('too green', { status: 422 }));
  await worker.logged('result.set-aside');
  const run = async (...argv: readonly string[]) => {
    const screen = aScreen();
    const world = { ...(await createWorld()), terminal: screen.terminal };
    const code = await runCli(['--config', configPath, 'outbox', ...argv], world);
    return { code, out: screen.out(), err: screen.err() };
  };
  const list = async () => JSON.parse((await run('list', '--json')).out).results as readonly Record<string, unknown>[];
  return {
    ...scene,
    jobId: id,
    api,
    run,
    list,
    async [Symbol.asyncDispose]() {
      await api?.[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

test('a refused result is listed, and retry has the running worker deliver it', async () => {
  await using at = await setup();
  expect(await at.list()).toMatchObject([{ place: 'set-aside', jobId: at.jobId, ext: 'webp' }]);
  const { code, out } = await at.run('retry', at.jobId.slice(0, 10));
  expect([code, out]).toEqual([0, 'requeued 1 result; the running worker delivers 1\n']);
  await at.studio.jobIs(at.jobId, 'completed');
  await at.worker.done();
  expect(await at.list()).toEqual([]);
});

test('a result requeued without a worker is delivered at its next start', async () => {
  await using at = await setup();
  await at.api?.[Symbol.asyncDispose]();
  at.worker.signal();
  await at.worker.ended;
  const { out } = await at.run('retry', '--all');
  expect(out).toBe('requeued 1 result; no worker is running; delivered after its next start\n');
  const next = await at.startWorker({ folder: at.worker.folder });
  await next.live();
  await at.studio.jobIs(at.jobId, 'completed');
});

test('show prints the prompt, and export writes the very bytes', async () => {
  await using at = await setup();
  const [listed] = await at.list();
  const shown = await at.run('show', at.jobId, '--json');
  expect(JSON.parse(shown.out)).toMatchObject({ place: 'set-aside', prompt: 'a red fox' });
  const file = join(at.worker.folder, 'out.webp');
  expect((await at.run('export', at.jobId, file)).code).toBe(0);
  const bytes = await readFile(file);
  expect(bytes.byteLength).toBe(Number(listed?.['sizeBytes']));
  expect(bytes.subarray(8, 12).toString()).toBe('WEBP');
  const again = await at.run('export', at.jobId, file);
  expect([again.code, again.err]).toEqual([73, expect.stringContaining('it exists')]);
});

test('discard removes a result only when it is confirmed', async () => {
  await using at = await setup();
  expect((await at.run('discard', at.jobId)).code).toBe(64);
  expect(await at.list()).toHaveLength(1);
  expect((await at.run('discard', at.jobId, '--yes')).code).toBe(0);
  expect(await at.list()).toEqual([]);
});

test('a waiting result is discarded by the worker that holds it', async () => {
  await using at = await setup();
  at.studio.mischief.failUploads.push(...Array.from({ length: 9 }, () => new Response('busy', { status: 503 })));
  await at.run('retry', at.jobId);
  expect(at.worker.status().outbox.count).toBe(1);
  expect((await at.run('discard', at.jobId, '--yes')).code).toBe(0);
  expect(at.worker.status().outbox.count).toBe(0);
});

test.each([
  [['retry'], 'name one result, or all with --all'],
  [['retry', 'job-x', '--all'], 'name one result, or all with --all'],
  [['show', 'nothing-like-it'], 'no results begin with "nothing-like-it"'],
])('outbox %j is refused in words', async (argv, message) => {
  await using at = await setup();
  const { code, err } = await at.run(...argv);
  expect([code, err]).toEqual([64, expect.stringContaining(message)]);
});
