import { beforeAll, expect, test } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../../src/base/version.ts';
import { alone, builtBinary } from './built.ts';

/** Compiling, and packing the native files at the highest level, takes its time on a small machine. */
const BUILD_LIMIT_MS = 180_000;
beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

test('the executable alone says its version, and touches nothing', async () => {
  await using program = await alone(await builtBinary());
  await writeFile(join(program.cwd, 'bunfig.toml'), 'preload = ["./not-there.ts"]\n');
  expect(await program.run(['--version'])).toEqual({ code: 0, stdout: `studio-worker ${VERSION}\n`, stderr: '' });
  expect([await readdir(program.home), await readdir(program.cwd)]).toEqual([[], ['bunfig.toml']]);
});
