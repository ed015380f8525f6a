import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../../src/system/process/alive.ts';
import { command } from '../child.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A config of a worker that no studio answers. */
async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'worker-window-'));
  const config = ['api_base_url = "http://127.0.0.1:9/"', 'local_api_port = 0', `models_root = "${folder}/models"`];
  await writeFile(join(folder, 'config.toml'), config.join('\n'));
  const found = join(folder, 'local-api.json');
  const pid = async (): Promise<number> => ((await Bun.file(found).json()) as { pid: number }).pid;
  return {
    folder,
    found,
    pid,
    async [Symbol.asyncDispose]() {
      if (existsSync(found)) process.kill(await pid(), 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test('a worker started for the window outlives it and is found again', async () => {
  await using at = await setup();
  const first = await command(at.folder, 'ui', '--json');
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(first.out)).toMatchObject({ shown: 'none', startedWorker: true });
  const pid = await at.pid();
  expect(isAlive(pid)).toBe(true);
  const second = await command(at.folder, 'ui', '--print');
  expect(second).toMatchObject({ code: 0, err: '' });
  expect(await at.pid()).toBe(pid);
  const page = await fetch(second.out.trim());
  expect(page.headers.get('content-security-policy')).toStartWith("default-src 'none'");
  expect(await page.text()).toContain('<script type="module" src="/assets/page.js">');
  process.kill(pid, 'SIGTERM');
  await waitFor(
    'the end of the worker',
    () => !isAlive(pid),
    () => `pid ${pid}`,
  );
  expect(existsSync(at.found)).toBe(false);
});

test('the file of a worker that was killed opens no window of somebody else', async () => {
  await using at = await setup();
  const somebody = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hello') });
  await writeFile(at.found, JSON.stringify({ url: `http://127.0.0.1:${somebody.port}`, token: 'old', pid: 1 }));
  const opened = await command(at.folder, 'ui', '--print');
  expect(opened.code).toBe(0);
  expect(opened.out).not.toContain(`:${somebody.port}/`);
  await somebody.stop(true);
});

test('`logs` reads the file of a worker that the window started, after its end', async () => {
  await using at = await setup();
  await command(at.folder, 'ui', '--print');
  const pid = await at.pid();
  process.kill(pid, 'SIGTERM');
  await waitFor(
    'the end of the worker',
    () => !isAlive(pid),
    () => `pid ${pid}`,
  );
  const kept = await Bun.file(join(at.folder, 'daemon.log')).text();
  expect(kept).toContain('"event":"worker.started"');
  const logs = await command(at.folder, 'logs', '--lines', '1');
  expect(logs).toMatchObject({ code: 0, err: 'no worker is running; these lines are from the file of the last one\n' });
  expect(logs.out).toMatch(/^\S+Z {2}info {3}worker {8}stopped\n$/);
  const all = (await command(at.folder, 'logs', '--lines', '1000', '--json')).out.trimEnd().split('\n');
  expect(all).toHaveLength(kept.trimEnd().split('\n').length);
  expect((await command(at.folder, 'logs', '--level', 'error')).out).toBe('');
  const paths = JSON.parse((await command(at.folder, 'paths', '--json')).out) as { what: string; path: string }[];
  expect(paths).toContainEqual(expect.objectContaining({ what: 'log', path: join(at.folder, 'daemon.log') }));
});
