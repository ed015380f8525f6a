import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../../src/base/units.ts';
import { aFile, aSource, hexOf } from '../fakes/models/a-store.ts';
import { type DownloadHost, downloadHost } from '../fakes/models/download-host.ts';
import { TEST_MS, waitFor } from '../flow/wait-for.ts';
import { alone, type Alone, BUILD_LIMIT_MS, builtBinary, type Ran } from './built.ts';

setDefaultTimeout(TEST_MS);
beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

/** The store writes down what is whole in blocks of this size. */
const BLOCK_BYTES = 8 * MIB;
/** Two blocks and a bit, every block of it another. */
const WEIGHTS = new Uint8Array(20 * MIB).map((_, at) => (at >> 12) ^ (at * 31));

interface Scene extends AsyncDisposable {
  readonly program: Alone;
  readonly host: DownloadHost;
  readonly root: string;
  models(...args: string[]): Promise<Ran>;
  /** A model source in a file, as `models pull` takes it. */
  source(about?: { readonly id?: string; readonly sha256?: string; readonly filename?: string }): Promise<string>;
}

/** The executable alone, and a host with one file. */
async function setup(content: Uint8Array = WEIGHTS.subarray(0, MIB)): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const program = stack.use(await alone(await builtBinary()));
  const host = stack.use(await downloadHost(content));
  const root = join(program.home, 'models');
  const config = join(program.home, 'config.toml');
  const lines = ['api_base_url = "http://127.0.0.1:9/"', 'vram_threshold_gb = 12.0', 'disk_floor_gb = 0.0'];
  await writeFile(config, `${lines.join('\n')}\nmodels_root = ${JSON.stringify(root)}\n`);
  return {
    program,
    host,
    root,
    models: (...args) => program.run(['models', ...args, '--config', config]),
    async source({ id = 'lama', sha256 = hexOf(content), filename = `${id}.bin` } = {}) {
      const path = join(program.cwd, `${id}.json`);
      await writeFile(path, JSON.stringify({ id, source: aSource([aFile({ url: host.url, filename, sha256 })]) }));
      return path;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('a model is pulled, listed, shown, verified and removed by the executable alone', async () => {
  await using at = await setup();
  const path = join(at.root, 'lama', 'lama.bin');
  const pulled = await at.models('pull', await at.source());
  expect({ code: pulled.code, stderr: pulled.stderr }).toEqual({ code: 0, stderr: '' });
  expect(hexOf(await readFile(path))).toBe(hexOf(at.host.content));
  expect((await at.models('list')).stdout).toMatch(/lama +1\.0 MiB +whole .* lama\/lama\.bin\n/);
  const shown = await at.models('show', 'lama', '--json');
  expect(JSON.parse(shown.stdout)).toMatchObject([{ model: 'lama', path, sha256: hexOf(at.host.content) }]);
  const verified = await at.models('verify', '--json');
  expect(JSON.parse(verified.stdout)).toEqual([{ model: 'lama', path, verdict: 'verified' }]);
  expect(await at.models('rm', 'lama')).toMatchObject({ code: 0, stdout: `removed ${path} (1.0 MiB)\n` });
  expect(await readdir(at.root)).toEqual([]);
});

test('a piped pull prints progress lines from download to ready', async () => {
  await using at = await setup(WEIGHTS);
  const { stdout } = await at.models('pull', await at.source());
  const lines = stdout.trimEnd().split('\n');
  expect(lines.every((line) => /^lama\.bin: (download|verify|ready)\b/.test(line))).toBe(true);
  expect(lines.filter((line) => line.includes('download')).length).toBeGreaterThan(5);
  expect(lines.length).toBeLessThan(20);
  expect(lines.at(-1)).toBe('lama.bin: ready 20.0 MiB');
  expect(stdout).not.toContain('\u001B');
});

test('the executable hashes a large file during its download', async () => {
  const large = new Uint8Array(65 * MIB);
  for (let at = 0; at < large.byteLength; at += WEIGHTS.byteLength) {
    large.set(WEIGHTS.subarray(0, large.byteLength - at), at);
  }
  await using at = await setup(large);
  expect(await at.models('pull', await at.source(), '--json')).toMatchObject({ code: 0, stderr: '' });
  expect(at.host.asked.length).toBeGreaterThan(1);
  expect(hexOf(await readFile(join(at.root, 'lama', 'lama.bin')))).toBe(hexOf(large));
});

test('a pull prints each file’s path as JSON, and downloads it once', async () => {
  await using at = await setup();
  const files = [{ role: 'model', path: join(at.root, 'lama', 'lama.bin') }];
  for (let time = 0; time < 2; time++) {
    const { code, stdout, stderr } = await at.models('pull', await at.source(), '--json');
    expect({ code, stderr, out: JSON.parse(stdout) }).toEqual({ code: 0, stderr: '', out: { model: 'lama', files } });
  }
  expect(at.host.asked).toHaveLength(1);
});

test('an interrupted pull keeps its whole blocks, and the next resumes', async () => {
  await using at = await setup(WEIGHTS);
  at.host.fault = () => ({ stallAfterBytes: 12 * MIB });
  const source = await at.source();
  const argv = ['models', 'pull', source, '--config', join(at.program.home, 'config.toml')];
  const child = Bun.spawn([at.program.path, ...argv], { env: at.program.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const folder = join(at.root, 'lama');
  const listed = (): boolean =>
    existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.progress.json'));
  await waitFor('the first whole block', listed, () => `${at.host.asked.length} requests`);
  child.kill('SIGINT');
  await child.exited;
  expect(child.signalCode).toBe('SIGINT');
  const partial = JSON.parse((await at.models('list', '--json')).stdout);
  expect(partial).toMatchObject({ files: [{ model: 'lama', state: 'partial', sizeBytes: BLOCK_BYTES }] });
  at.host.fault = () => undefined;
  const again = await at.models('pull', source);
  expect(again.code).toBe(0);
  const [first = ''] = /\d+(?= %)/.exec(again.stdout) ?? [];
  expect(Number(first)).toBeGreaterThanOrEqual(40); // the first line may come some MiB later
  expect(at.host.asked[1]?.headers.get('range')).toBe(`bytes=${BLOCK_BYTES}-${20 * MIB - 1}`);
  expect(hexOf(await readFile(join(at.root, 'lama', 'lama.bin')))).toBe(hexOf(WEIGHTS));
});

test('a file that fails its checksum is named, deleted and fails the command', async () => {
  await using at = await setup();
  const { code, stderr } = await at.models('pull', await at.source({ sha256: 'f'.repeat(64) }));
  expect(code).toBe(65);
  expect(stderr).toContain(`lama.bin has the sha256 ${hexOf(at.host.content)}, expected ffff`);
  expect(stderr).toContain('hint: Correct `sha256` in the model source');
  expect(await at.models('list')).toMatchObject({ stdout: `no models in ${at.root}\n` });
});

test('a file that was cut is found broken by verify, by its name', async () => {
  await using at = await setup();
  await at.models('pull', await at.source());
  await truncate(join(at.root, 'lama', 'lama.bin'), 1_000);
  const { code, stdout } = await at.models('verify', 'lama');
  expect(code).toBe(1);
  expect(stdout).toMatch(/lama +broken +.*lama\.bin: its sha256 is/);
});

test('gc keeps what was used last, and a dry run touches nothing', async () => {
  await using at = await setup();
  for (const id of ['old', 'new']) await at.models('pull', await at.source({ id }));
  const budget = ['gc', '--max-gb', '0.0015'];
  expect((await at.models(...budget, '--dry-run')).stdout).toContain(`would remove ${join(at.root, 'old', 'old.bin')}`);
  expect(existsSync(join(at.root, 'old', 'old.bin'))).toBe(true);
  const { stdout } = await at.models(...budget, '--json');
  expect(JSON.parse(stdout)).toEqual({ removed: [join(at.root, 'old', 'old.bin')], inUse: [], leftBytes: MIB });
  expect(await readdir(at.root)).toEqual(['new']);
});
