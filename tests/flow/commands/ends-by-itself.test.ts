import { expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertEndedByItself } from '../../fakes/system/left-open.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

/** A command line in a home of its own, with whoever forces the exit made to say so. */
async function setup() {
  const home = await mkdtemp(join(tmpdir(), 'studio-worker-ends-'));
  const start = (...args: string[]) =>
    Bun.spawn([process.execPath, '--preload', './tests/fakes/system/announce-exit.ts', 'src/main.ts', ...args], {
      env: { HOME: home, TMPDIR: home, PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const run = async (...args: string[]) => {
    const child = start(...args);
    const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()]);
    return { code, forced: said.includes('forced exit') };
  };
  return { home, start, run, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}

test('a command ends because nothing is left to do, not by force', async () => {
  await using program = await setup();
  expect(await program.run('status')).toEqual({ code: 0, forced: false });
  expect(await program.run('regsiter')).toEqual({ code: 64, forced: false });
});

test('the demonstration leaves no socket, timer or child that would hold the process', async () => {
  await using program = await setup();
  expect(await program.run('demo', '--out', join(program.home, 'out'))).toEqual({ code: 0, forced: false });
});

test('a stopped worker that waited for approval ends by itself', async () => {
  await using program = await setup();
  await program.run('register', '--api-base-url', 'http://127.0.0.1:9');
  const worker = program.start('run');
  const said: string[] = [];
  for await (const chunk of worker.stderr.pipeThrough(new TextDecoderStream())) {
    if (said.push(chunk) === 1) worker.kill('SIGTERM');
  }
  expect({ code: await worker.exited, forced: said.join('').includes('forced exit') }).toEqual({
    code: 0,
    forced: false,
  });
});

test('a command that leaves something open says so and ends all the same', async () => {
  await using leak = await tempFolder();
  await writeFile(leak.at('leak.ts'), "Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });");
  const child = Bun.spawn([process.execPath, '--preload', leak.at('leak.ts'), 'src/main.ts', 'engines'], {
    env: { HOME: leak.path, TMPDIR: leak.path, PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [code, stderr] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  expect(code).toBe(0);
  expect(() => assertEndedByItself(stderr)).toThrow('did not end by itself');
});
