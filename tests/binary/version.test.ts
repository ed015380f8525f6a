import { beforeAll, expect, test } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../../src/base/version.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';

beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

test('the executable alone says its version, and touches nothing', async () => {
  await using program = await alone(await builtBinary());
  await writeFile(join(program.cwd, 'bunfig.toml'), 'preload = ["./not-there.ts"]\n');
  expect(await program.run(['--version'])).toEqual({ code: 0, stdout: `studio-worker ${VERSION}\n`, stderr: '' });
  expect([await readdir(program.home), await readdir(program.cwd)]).toEqual([[], ['bunfig.toml']]);
});
