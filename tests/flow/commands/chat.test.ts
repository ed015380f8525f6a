import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { fileServer } from '../../fakes/models/file-server.ts';
import { command, spawnChild } from '../child.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const SAID = /^Hello from a (?:tiny|small) model here\n$/;
/** Takes a second or two for each word. */
const SLOW = chatModel({ endless: true, layers: { count: 24, width: 512 }, contextLength: 4096 });

/** A newcomer's machine, and a server that has model files. */
async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'worker-chat-'));
  const server = fileServer({ 'tiny-chat.gguf': chatModel(), 'slow.gguf': SLOW });
  await writeFile(join(folder, 'config.toml'), 'api_base_url = "http://127.0.0.1:9"\nlocal_api_port = 0\n');
  return {
    folder,
    server,
    run: (...argv: readonly string[]) => command(folder, ...argv),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test('a newcomer has a local model in two commands', async () => {
  await using at = await setup();
  const pulled = await at.run('models', 'pull', at.server.url('tiny-chat.gguf'));
  expect(pulled).toMatchObject({ code: 0, out: expect.stringContaining('studio-worker chat tiny-chat') });
  const { code, out } = await at.run('chat', 'tiny-chat', 'hello');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(SAID) });
});

test('the running worker downloads the model, and answers the chat as a local job', async () => {
  await using at = await setup();
  await using worker = spawnChild(at.folder);
  await worker.logged('local-api.started');
  const pulled = await at.run('models', 'pull', at.server.url('tiny-chat.gguf'), '--json');
  expect(JSON.parse(pulled.out)).toMatchObject({ model: 'tiny-chat', files: [{ role: 'model' }] });
  const { code, out } = await at.run('chat', 'tiny-chat', 'hello');
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(SAID) });
  expect((await at.run('jobs', '--json')).out).toContain('"origin": "local"');
});

test('a model in the memory of the running worker is unloaded to be removed', async () => {
  await using at = await setup();
  await using worker = spawnChild(at.folder);
  await worker.logged('local-api.started');
  await at.run('models', 'pull', at.server.url('tiny-chat.gguf'));
  await at.run('chat', 'tiny-chat', 'hello');
  expect((await at.run('ps')).out).toContain('tiny-chat');
  expect(await at.run('models', 'rm', 'tiny-chat')).toMatchObject({ code: 0, out: expect.stringContaining('removed') });
  expect((await at.run('ps')).out).toContain('no model is in memory');
});

test.each([
  ['a name that is nearly right', ['models', 'pull', 'qwen3.5-08b'], 'Did you mean qwen3.5-0.8b?'],
  ['a model that is not here', ['chat', 'qwen3.5-0.8b', 'hi'], 'studio-worker models pull qwen3.5-0.8b'],
  ['a model for images', ['chat', 'z-image-turbo-q4_k_m.gguf', 'hi'], 'is a model for image, not for chats'],
] as const)('%s is refused with what helps', async (_title, argv, says) => {
  await using at = await setup();
  const { code, err } = await at.run(...argv);
  expect(code).toBeGreaterThan(0);
  expect(err).toContain(says);
});

test.each(['alone', 'by the worker'])('a pull %s changes no other model of its name', async (how) => {
  await using at = await setup();
  await using worker = how === 'alone' ? undefined : spawnChild(at.folder);
  await worker?.logged('local-api.started');
  const [tiny, slow] = [at.server.url('tiny-chat.gguf'), at.server.url('slow.gguf')];
  expect(await at.run('models', 'pull', tiny)).toMatchObject({ code: 0 });
  const { code, err } = await at.run('models', 'pull', slow, '--id', 'tiny-chat');
  expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining('`--id`') });
  expect(await at.run('models', 'pull', tiny)).toMatchObject({ code: 0 });
});

test('a file that the server does not have is not remembered', async () => {
  await using at = await setup();
  const { code } = await at.run('models', 'pull', at.server.url('nothing.gguf'));
  expect(code).toBe(69);
  expect((await at.run('models', 'list', '--all')).out).not.toContain('nothing');
});

test('Ctrl-C ends one answer, and Ctrl-D the chat', async () => {
  await using at = await setup();
  await at.run('models', 'pull', at.server.url('slow.gguf'));
  let screen = '';
  const decoder = new TextDecoder();
  const { folder } = at;
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'chat', 'slow', '--config', join(folder, 'config.toml')], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CONFIG_HOME: folder, TERM: 'xterm' },
    terminal: { cols: 80, rows: 24, data: (_terminal, data) => void (screen += decoder.decode(data)) },
  });
  const shows = (what: string, from = 0): Promise<void> =>
    waitFor(
      `"${what}" on the screen`,
      () => screen.includes(what, from),
      () => screen,
    );
  await shows('Ctrl-D the chat');
  child.terminal?.write('hello\r');
  await shows('Hello');
  const before = screen.length;
  child.terminal?.write('\u0003');
  await shows('> ', before);
  child.terminal?.write('\u0004');
  expect(await child.exited).toBe(0);
});
