import { expect, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { MIB } from '../../../src/base/units.ts';
import { showProgress } from '../../../src/cli/view/model-progress.ts';
import { readModelDraft } from '../../../src/models/store/read-draft.ts';
import { createModelStore } from '../../../src/models/store/store.ts';
import { aFile, aSource, aStore, hexOf } from '../../fakes/models/a-store.ts';
import { type DownloadHost, downloadHost, someBytes } from '../../fakes/models/download-host.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { aScreen, setup as setupCli, type Setup } from './a-world.ts';

interface Scene extends Setup {
  readonly server: DownloadHost;
  readonly bytes: Uint8Array;
  /** A model source in a file, for `models pull`. */
  source(about?: { sha256?: string; filename?: string; id?: string }): Promise<string>;
}

/** The commands over a real store, a real disk and a download host. */
async function setup(): Promise<Scene> {
  const bytes = someBytes(200_000);
  const server = await downloadHost(bytes);
  const cli = await setupCli({
    world: {
      models: async () => {
        const { options } = aStore(`${cli.folder}/models`);
        return { root: options.root, maxBytes: undefined, store: createModelStore(options), readDraft: readModelDraft };
      },
    },
  });
  return {
    ...cli,
    server,
    bytes,
    async source({ id = 'lama', filename = 'lama.bin', sha256 = hexOf(bytes) } = {}) {
      const path = `${cli.folder}/source.json`;
      const source = aSource([aFile({ url: server.url, filename, sha256 })]);
      await writeFile(path, JSON.stringify({ ...(id === '' ? {} : { id }), source }));
      return path;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await cli[Symbol.asyncDispose]();
    },
  };
}

test('a model is loaded and unloaded by the running worker', async () => {
  const asked: string[] = [];
  await using cli = await setupCli({
    world: {
      modelMemory: async () => ({
        load: async (id) => void asked.push(`load ${id}`),
        unload: async (id) => (asked.push(`unload ${id}`) > 2 ? 'unloaded' : 'unloading'),
      }),
    },
  });
  expect(await cli.run('models', 'load', 'fox')).toBe(0);
  expect(await cli.run('models', 'unload', 'fox')).toBe(0);
  expect(await cli.run('models', 'unload', 'fox', '--json')).toBe(0);
  expect(asked).toEqual(['load fox', 'unload fox', 'unload fox']);
  expect(cli.out()).toStartWith('fox is in memory; it stays there');
  expect(cli.out()).toContain('fox is unloaded as soon as no job uses it');
  expect(cli.out()).toContain('"state": "unloaded"');
});

test('a pulled model is listed, shown, verified and removed', async () => {
  await using cli = await setup();
  expect(await cli.run('models', 'pull', await cli.source())).toBe(0);
  expect(await cli.run('models', 'list')).toBe(0);
  expect(await cli.run('models', 'show', 'lama')).toBe(0);
  expect(await cli.run('models', 'verify', 'lama')).toBe(0);
  expect(await cli.run('models', 'rm', 'lama')).toBe(0);
  expect(await cli.run('models', 'list')).toBe(0);
  const out = cli.out();
  expect(out).toContain('lama/lama.bin');
  expect(out).toMatch(new RegExp(`sha256: +${hexOf(cli.bytes)}`));
  expect(out).toMatch(/lama +verified +\//);
  expect(out).toContain(`removed ${cli.folder}/models/lama/lama.bin (195.3 KiB)`);
  expect(out).toEndWith(`no models in ${cli.folder}/models\n`);
});

test('a piped pull prints progress as lines, and as JSON its outcome', async () => {
  await using cli = await setup();
  const source = await cli.source();
  await cli.run('models', 'pull', source);
  expect(cli.out()).toMatch(/^lama\.bin: download \d+ % /);
  expect(cli.out().split('\n').length).toBeLessThan(20);
  expect(cli.out()).toEndWith('lama.bin: ready 195.3 KiB\n');
  const before = cli.out().length;
  await cli.run('models', 'pull', source, '--json');
  expect(JSON.parse(cli.out().slice(before))).toEqual({
    model: 'lama',
    files: [{ role: 'model', path: `${cli.folder}/models/lama/lama.bin` }],
  });
});

test('a pull on a terminal draws a bar, rate and time left per file', () => {
  const screen = aScreen({ isTty: true, columns: 80 });
  const clock = new FakeClock();
  const view = showProgress({ terminal: screen.terminal, clock }, false);
  const download = (doneBytes: number): void =>
    view.report({ filename: 'flux.gguf', phase: 'download', doneBytes, totalBytes: 100 * MIB });
  download(20 * MIB);
  clock.advance(2_000);
  clock.jumpWallClock(-3_600_000); // the rate is of the time that passed
  download(40 * MIB);
  clock.advance(2_000);
  view.report({ filename: 'vae.safetensors', phase: 'wait', doneBytes: 0, totalBytes: undefined });
  view.stop();
  expect(screen.out()).toContain('flux.gguf');
  expect(screen.out()).toContain('flux.gguf              ██████░░░░░░░░  40 % 40.0 MiB, 5.0 MiB/s, 12.0 s left\n');
  expect(screen.out()).toContain('waiting for another process');
  expect(screen.out()).toContain('\u001B[1A');
  expect(clock.armed).toBe(0);
});

test('a broken file makes verify exit with 1 and print why', async () => {
  await using cli = await setup();
  await cli.run('models', 'pull', await cli.source());
  const damaged = cli.bytes.slice();
  damaged[1000] = (damaged[1000] ?? 0) ^ 1;
  await writeFile(`${cli.folder}/models/lama/lama.bin`, damaged);
  expect(await cli.run('models', 'verify', '--json')).toBe(1);
  expect(cli.out()).toContain('"verdict": "broken"');
  expect(cli.out()).toContain(hexOf(damaged));
});

test('a file that somebody else put there has no checksum to hold it against', async () => {
  await using cli = await setup();
  await mkdir(`${cli.folder}/models`);
  await writeFile(`${cli.folder}/models/mine.bin`, 'weights');
  expect(await cli.run('models', 'verify')).toBe(0);
  expect(cli.out()).toMatch(/mine +unknown/);
});

test.each([
  [['models', 'show', 'nothing'], 69, 'there is no model nothing on this disk [model.not-found]'],
  [['models', 'rm', 'nothing'], 69, '[model.not-found]'],
  [['models', 'pull', '/nowhere.json'], 64, '/nowhere.json does not exist'],
  [['models', 'gc', '--max-gb', 'much'], 64, '--max-gb is "much"'],
])('%p ends with a code and a sentence', async (argv, code, sentence) => {
  await using cli = await setup();
  expect(await cli.run(...argv)).toBe(code);
  expect(cli.err()).toContain(sentence);
});

test('a model source that is invalid or unnamed is rejected with what is missing', async () => {
  await using cli = await setup();
  const nameless = await cli.source({ id: '' });
  expect(await cli.run('models', 'pull', nameless)).toBe(64);
  expect(cli.err()).toContain('has no model id');
  expect(await cli.run('models', 'pull', nameless, '--id', 'other')).toBe(0);
  await writeFile(nameless, '{"engine": "onnx", "files": []}');
  expect(await cli.run('models', 'pull', nameless, '--id', 'x')).toBe(64);
  expect(cli.err()).toContain('is not a valid model source: cliDefaults');
});

test('a pulled file with another checksum names the file, the digest and the remedy', async () => {
  await using cli = await setup();
  expect(await cli.run('models', 'pull', await cli.source({ sha256: 'f'.repeat(64) }))).toBe(65);
  expect(cli.err()).toContain(`lama.bin has the sha256 ${hexOf(cli.bytes)}`);
  expect(cli.err()).toContain('hint: Correct `sha256`');
});

test('gc removes what was used least recently, and a dry run nothing', async () => {
  await using cli = await setup();
  for (const id of ['a', 'b']) await cli.run('models', 'pull', await cli.source({ id, filename: `${id}.bin` }));
  expect(await cli.run('models', 'gc', '--max-gb', '0.0003', '--dry-run')).toBe(0);
  expect(cli.out()).toContain(`would remove ${cli.folder}/models/a/a.bin`);
  expect(await cli.run('models', 'gc', '--max-gb', '0.0003', '--json')).toBe(0);
  expect(cli.out()).toContain('"leftBytes": 200000');
  expect(await cli.run('models', 'gc')).toBe(0);
  expect(cli.out()).toEndWith('No limit is set: use `--max-gb`, or set `models_max_gb`.\n');
});
