import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import type { ReadOutboundFrame } from '../../../src/contract/frames/outbound.ts';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { visionProjector } from '../../fakes/engines/vision-weights.ts';
import { createWorld } from '../../../src/compose.ts';
import { anLlmTask, aTask } from '../../fakes/builders.ts';
import { aScreen } from '../../spec/cli/a-world.ts';
import { setup as setupScene, type SceneChoice } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const anImage = aTask({ kind: 'image', prompt: 'a red fox', width: 64, height: 64, ext: 'webp' });

const isLogOf = (frame: ReadOutboundFrame, id: string): boolean =>
  frame.type === 'logBatch' && frame.entries.some(({ jobId }) => jobId === id);

/** A studio with a worker, and its operator at the command line. */
async function setup(choice: SceneChoice = {}) {
  const scene = await setupScene(choice);
  const start = (...argv: readonly string[]) => {
    const screen = aScreen();
    const way = ['--url', scene.studio.url, '--token-file', scene.studio.studio.tokenFile];
    const ended = createWorld().then((world) =>
      runCli(['studio', ...argv, ...way], { ...world, terminal: screen.terminal }),
    );
    return { ended, out: screen.out, err: screen.err };
  };
  const run = async (...argv: readonly string[]) => {
    const { ended, out, err } = start(...argv);
    return { code: await ended, out: out(), err: err() };
  };
  const jsonOf = async (...argv: readonly string[]): Promise<unknown> => JSON.parse((await run(...argv, '--json')).out);
  return Object.assign(scene, { start, run, jsonOf });
}

test('a waiting job is explained in the words of the worker’s rejection', async () => {
  await using at = await setup({ quarantine: { remainingMs: () => 60_000, forgive: () => {}, list: () => [] } });
  const { id } = await at.studio.createJob(anLlmTask());
  await at.studio.next('reject');
  await at.studio.jobIs(id, 'queued');
  const because = 'rejected it: synthetic crashed the synthetic engine repeatedly; its offers are rejected for 1 min';
  const why = await at.run('jobs', 'why', id.slice(0, 8));
  expect(why.out).toContain(`${id} waits: rig-01 ${because}`);
  expect(why.out).toMatch(new RegExp(`^${at.worker.id} +rig-01 +.* +${because}$`, 'm'));
  expect((await at.run('jobs', 'list')).out).toContain(because);
  expect((await at.run('workers', 'list')).out).toContain(`rejected ${id}: synthetic crashed`);
});

test('a job that no worker can have is explained without having been offered', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const { id } = await at.studio.createJob(anLlmTask());
  expect(await at.jsonOf('jobs', 'why', id)).toMatchObject({
    jobId: id,
    state: 'queued',
    workers: [{ workerId: at.worker.id, connected: true, because: 'takes no jobs: claiming is off' }],
  });
});

test('watch says what a job waits for, and goes on when that changes', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const { id } = await at.studio.createJob(anLlmTask());
  const watching = at.start('jobs', 'watch', id);
  await at.worker.until('a first look', () => watching.out() !== '');
  await at.worker.config.update({ auto_enabled: true });
  expect(await watching.ended).toBe(0);
  const lines = watching.out().trimEnd().split('\n');
  expect(lines[0]).toBe(`${id} llm (synthetic): queued: rig-01 takes no jobs: claiming is off`);
  expect(lines.at(-1)).toMatch(/^\S+ llm \(synthetic\): completed in .+ after waiting .+: \{/);
});

test('an artifact is saved to a new file, a JSON result printed', async () => {
  await using at = await setup();
  const image = await at.studio.createJob(anImage);
  await at.studio.jobIs(image.id, 'completed');
  const file = join(at.worker.folder, 'fox.webp');
  expect((await at.run('jobs', 'get', image.id.replace('job-', '').slice(0, 6), file)).code).toBe(0);
  expect((await readFile(file)).subarray(8, 12).toString()).toBe('WEBP');
  expect((await at.run('jobs', 'get', image.id, file)).code).toBe(73);
  const chat = await at.studio.createJob(anLlmTask());
  await at.studio.jobIs(chat.id, 'completed');
  expect(JSON.parse((await at.run('jobs', 'get', chat.id)).out)).toEqual((await at.studio.job(chat.id)).result);
});

test('a job is cancelled, retried, and its attempts are listed', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const { id } = await at.studio.createJob(anLlmTask());
  expect((await at.run('jobs', 'cancel', id.slice(0, 9))).out).toBe(`cancelled ${id}\n`);
  expect((await at.run('jobs', 'cancel', id)).code).toBe(77);
  expect((await at.run('jobs', 'attempts', id)).out).toBe(`no worker has had ${id} yet\n`);
  expect((await at.run('jobs', 'retry', id)).out).toBe(`retried ${id}\n`);
  await at.worker.config.update({ auto_enabled: true });
  await at.studio.jobIs(id, 'completed');
  expect(await at.jsonOf('jobs', 'attempts', id)).toMatchObject([{ number: 1, outcome: 'completed' }]);
});

test('a worker is removed by machine name, and status counts the rest', async () => {
  await using at = await setup();
  expect((await at.run('workers', 'rm', 'rig')).out).toBe(`removed ${at.worker.id}\n`);
  const { id } = await at.studio.createJob(anLlmTask());
  expect(await at.jsonOf('status')).toMatchObject({ workers: { known: 0, connected: 0 }, jobs: { queued: 1 } });
  expect((await at.run('status')).out).toContain('1 jobs wait, and no worker is connected');
  expect((await at.run('jobs', 'why', id)).out).toContain('no worker has joined this studio');
});

test('the log of the workers is printed and can be kept to one job', async () => {
  await using at = await setup();
  const { id } = await at.studio.createJob(anLlmTask());
  await at.studio.jobIs(id, 'completed');
  await at.studio.until('its log', (event) => event.is === 'heard' && isLogOf(event.frame, id));
  const { out } = await at.run('logs', '--job', id, '--worker', at.worker.id);
  const lines = out.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every((line) => line.includes(` ${id}: `))).toBe(true);
});

test('a model is changed by flags over what the studio has', async () => {
  await using at = await setup();
  const file = join(at.worker.folder, 'model.json');
  const source = { engine: 'synthetic', files: [], cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 } };
  await writeFile(file, JSON.stringify({ id: 'draft-one', kind: 'image', vramGbEstimate: 8, source }));
  expect((await at.run('models', 'add', file)).code).toBe(0);
  expect((await at.run('models', 'replace', '--id', 'draft', '--vram', '2', '--steps', '9')).out).toBe(
    'changed draft-one\n',
  );
  expect(await at.jsonOf('models', 'list')).toMatchObject([
    { id: 'draft-one', kind: 'image', vramGbEstimate: 2, source: { cliDefaults: { steps: 9 } } },
  ]);
  expect((await at.run('models', 'replace', '--id', 'nothing', '--vram', '2')).code).toBe(69);
});

test('ids that fit nothing or too much are refused with the candidates', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const jobs = [await at.studio.createJob(anLlmTask()), await at.studio.createJob(anLlmTask())];
  const ambiguous = await at.run('jobs', 'cancel', 'job-');
  expect([ambiguous.code, ambiguous.err]).toEqual([64, expect.stringContaining('"job-" fits 2 jobs: ')]);
  for (const { id } of jobs) expect(ambiguous.err).toContain(id);
  expect((await at.run('jobs', 'cancel', 'none')).code).toBe(69);
  expect((await at.run('jobs', 'list', '--quiet')).out.trim().split('\n').toSorted()).toEqual(
    jobs.map(({ id }) => id).toSorted(),
  );
});

test('a GGUF is added from a file, and its worker needs no download', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const file = join(at.worker.folder, 'tiny-chat.gguf');
  const bytes = chatModel();
  await writeFile(file, bytes);
  const { out } = await at.run('models', 'add', file, '--config', at.worker.config.path);
  const place = join(at.worker.config.current.models_root, 'llm', 'tiny-chat.gguf');
  expect(out).toBe(`added tiny-chat\nits file is at ${place}, for the worker on this machine\n`);
  expect((await readFile(place)).equals(bytes)).toBe(true);
  expect(await at.jsonOf('models', 'list')).toMatchObject([
    { id: 'tiny-chat', kind: 'llm', vramGbEstimate: 0.1, source: { engine: 'llama-cpp', files: [] } },
  ]);
  const job = await at.jsonOf('jobs', 'create', '--kind', 'llm', '--model', 'tiny-chat', '--prompt', 'hello');
  expect(job).toMatchObject({ model: 'tiny-chat', state: 'queued' });
});

test('--quiet prints nothing but the id of what changed', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const quiet = async (...argv: readonly string[]): Promise<string> => {
    const { code, out, err } = await at.run(...argv, '--quiet');
    expect([code, err]).toEqual([0, '']);
    return out.trimEnd();
  };
  const id = await quiet('jobs', 'create', '--kind', 'llm', '--prompt', 'hello');
  expect(id).toMatch(/^job-[0-9a-f]+$/);
  expect(await quiet('jobs', 'list')).toBe(id);
  expect(await quiet('jobs', 'cancel', id.slice(0, 9))).toBe(id);
  expect(await quiet('jobs', 'retry', id)).toBe(id);
  const file = join(at.worker.folder, 'tiny-chat.gguf');
  await writeFile(file, chatModel());
  expect(await quiet('models', 'add', file, '--config', at.worker.config.path)).toBe('tiny-chat');
  expect(await quiet('models', 'replace', '--id', 'tiny-chat', '--vram', '2')).toBe('tiny-chat');
  expect(await quiet('models', 'list')).toBe('tiny-chat');
  expect(await quiet('workers', 'list')).toBe(at.worker.id);
  expect(await quiet('workers', 'invite')).toMatch(/^\S+$/);
});

test('a base model without a chat template is refused when it is added', async () => {
  await using at = await setup({ config: { auto_enabled: false } });
  const file = join(at.worker.folder, 'tiny-base.gguf');
  await writeFile(file, chatModel({ template: '' }));
  expect(await at.run('models', 'add', file, '--config', at.worker.config.path)).toMatchObject({
    code: 64,
    err: expect.stringContaining('is a base model: it carries no chat template'),
  });
  expect(await at.jsonOf('models', 'list')).toMatchObject([]);
});

test('a model added by URL has its size and engine read from the header', async () => {
  const bytes = chatModel();
  const ranges: (string | null)[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      ranges.push(request.headers.get('range'));
      const headers = { 'content-range': `bytes 0-65535/${5 * 2 ** 30}` };
      return new Response(Buffer.from(bytes.subarray(0, 65_536)), { status: 206, headers });
    },
  });
  await using at = await setup({ config: { allow_private_urls: true } });
  const url = `http://127.0.0.1:${server.port}/qwen.gguf`;
  expect((await at.run('models', 'add', url, '--config', at.worker.config.path)).out).toBe('added qwen\n');
  expect(ranges).toEqual(['bytes=0-65535']);
  const source = {
    engine: 'llama-cpp',
    files: [{ role: 'model', url, filename: 'qwen.gguf', approxBytes: 5 * 2 ** 30 }],
  };
  expect(await at.jsonOf('models', 'list')).toMatchObject([{ id: 'qwen', kind: 'llm', vramGbEstimate: 6, source }]);
});

test.each([
  ['projector.gguf', visionProjector(), 'it is the vision projector'],
  ['notes.bin', new TextEncoder().encode('hello'), 'neither a GGUF nor a Whisper model'],
])('%s is refused as a model, in words', async (name, bytes, words) => {
  await using at = await setup();
  const file = join(at.worker.folder, name);
  await writeFile(file, bytes);
  const { code, err } = await at.run('models', 'add', file, '--config', at.worker.config.path);
  expect([code, err]).toEqual([64, expect.stringContaining(words)]);
});
