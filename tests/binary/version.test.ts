import { beforeAll, expect, test } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { targetOf } from '../../install/targets.ts';
import { VERSION } from '../../src/base/version.ts';
import { watchLog } from '../flow/child.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';

beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

test('the executable alone says its version, and touches nothing', async () => {
  await using program = await alone(await builtBinary());
  await writeFile(join(program.cwd, 'bunfig.toml'), 'preload = ["./not-there.ts"]\n');
  expect(await program.run(['--version'])).toEqual({ code: 0, stdout: `studio-worker ${VERSION}\n`, stderr: '' });
  const { stdout } = await program.run(['--version', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    version: VERSION,
    commit: expect.stringMatching(/^[0-9a-f]{40}(-dirty)?$/),
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    target: targetOf(undefined).triple,
    runtime: `Bun ${Bun.version}`,
  });
  expect((await program.run(['version'])).stdout).toContain(`target   ${targetOf(undefined).triple}\n`);
  expect([await readdir(program.home), await readdir(program.cwd)]).toEqual([[], ['bunfig.toml']]);
});

test('a worker’s first start warns of no missing files', async () => {
  await using program = await alone(await builtBinary());
  const config = join(program.home, 'new', 'config.toml');
  const child = Bun.spawn([program.path, 'run', '--config', config, '--log-format', 'json'], {
    env: { ...program.env, STUDIO_WORKER_API_BASE_URL: 'http://127.0.0.1:9' }, // where nobody listens
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await using worker = watchLog(child);
  await worker.logged('worker.started');
  expect(worker.stderr()).not.toMatch(/^warning:/m);
});
