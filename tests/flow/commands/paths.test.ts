import { expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { createWorld } from '../../../src/compose.ts';
import { aScreen } from '../../spec/cli/a-world.ts';

test('paths lists every folder with the size of its contents', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paths-'));
  const config = join(folder, 'config.toml');
  await writeFile(config, `api_base_url = "http://127.0.0.1:1"\nmodels_root = "${folder}/models"\n`);
  await mkdir(join(folder, 'outbox', 'set-aside'), { recursive: true });
  await writeFile(join(folder, 'outbox', 'one'), 'x'.repeat(1_000));
  await writeFile(join(folder, 'outbox', 'set-aside', 'two'), 'x'.repeat(24));
  const screen = aScreen();
  const world = { ...(await createWorld()), terminal: screen.terminal };
  expect(await runCli(['paths', '--json', '--config', config], world)).toBe(0);
  const kept = JSON.parse(screen.out()) as readonly { what: string; path: string; sizeBytes?: number }[];
  await rm(folder, { recursive: true });
  expect(kept.find(({ what }) => what === 'undelivered results')).toMatchObject({ sizeBytes: 1_024 });
  expect(kept.find(({ what }) => what === 'models')).toEqual({ what: 'models', path: `${folder}/models` });
  expect(kept.find(({ what }) => what === 'config')?.path).toBe(config);
});
