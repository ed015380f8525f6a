import { expect, test } from 'bun:test';
import type { FileProgress } from '../../../src/models/store/options.ts';
import type { EngineReport } from '../../../src/worker/engines/report.ts';
import { setup } from './a-world.ts';

const REPORTS: readonly EngineReport[] = [
  { engine: 'synthetic', ready: true, kinds: ['image', 'llm'], models: ['synthetic'] },
  {
    engine: 'onnx',
    ready: false,
    because: 'ONNX Runtime has no files for this system',
    hint: 'Run `bun install`.',
    kinds: ['image'],
    models: ['onnx:*'],
  },
];
const world = { engines: async () => REPORTS };

test('engines lists what each serves, what is missing and its remedy', async () => {
  await using cli = await setup({ world });
  expect(await cli.run('engines')).toBe(0);
  expect(cli.out()).toBe(
    [
      'engine     ready  on   tasks       models',
      'synthetic  yes    cpu  image, llm  synthetic',
      'onnx       no     cpu  image       onnx:*',
      '',
      'onnx: ONNX Runtime has no files for this system',
      '  Run `bun install`.',
      '',
    ].join('\n'),
  );
});

test('an engine on the CPU beside a GPU shows why, though it is ready', async () => {
  const onCpu = { because: 'there is no libvulkan.so.1', hint: 'Install libvulkan1.' };
  const reports = [{ engine: 'llama-cpp', ready: true, runsOn: 'cpu', onCpu, kinds: ['llm'], models: ['llama-cpp:*'] }];
  await using cli = await setup({ world: { engines: async () => reports } });
  await cli.run('engines');
  expect(cli.out()).toEndWith('\n\nllama-cpp: there is no libvulkan.so.1\n  Install libvulkan1.\n');
});

test('engines prints the same facts for programs', async () => {
  await using cli = await setup({ world });
  expect(await cli.run('engines', '--json')).toBe(0);
  expect(JSON.parse(cli.out())).toEqual(REPORTS);
});

test('engines reads the config that is named', async () => {
  const asked: (string | undefined)[] = [];
  await using cli = await setup({ world: { engines: async (path) => (asked.push(path), []) } });
  await cli.run('engines', '--config', '/elsewhere.toml');
  expect(asked).toEqual(['/elsewhere.toml']);
});

test('packs for GPUs are listed with where they stand', async () => {
  const packs = [{ pack: 'vulkan', state: 'not fetched (71 MB)' }];
  const reports = [{ engine: 'llama-cpp', ready: true, packs, kinds: ['llm'], models: ['llama-cpp:*'] }];
  await using cli = await setup({ world: { engines: async () => reports } });
  await cli.run('engines');
  expect(cli.out()).toEndWith('\n\nllama-cpp: pack vulkan: not fetched (71 MB)\n');
});

test('a pack can be fetched ahead, with its progress on the way', async () => {
  const asked: string[] = [];
  const packs = async () => ({
    pull: async (name: string, _signal: AbortSignal, onProgress: (progress: FileProgress) => void) => {
      asked.push(name);
      onProgress({ filename: 'pack.tar.zst', phase: 'download', doneBytes: 1, totalBytes: 2 });
      return '/cache/llama-vulkan';
    },
  });
  await using cli = await setup({ world: { packs } });
  expect(await cli.run('engines', 'pull', 'vulkan')).toBe(0);
  expect(cli.out()).toContain('pack.tar.zst');
  expect(cli.out()).toEndWith('vulkan: /cache/llama-vulkan\n');
  await using silent = await setup({ world: { packs } });
  expect(await silent.run('engines', 'pull', 'cuda', '--json')).toBe(0);
  expect(JSON.parse(silent.out())).toEqual({ pack: 'cuda', folder: '/cache/llama-vulkan' });
  expect(asked).toEqual(['vulkan', 'cuda']);
});
