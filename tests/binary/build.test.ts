import { beforeAll, expect, test } from 'bun:test';
import { readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alone, BUILD_LIMIT_MS, builtImageProgram } from './built.ts';

beforeAll(async () => {
  await builtImageProgram();
}, BUILD_LIMIT_MS);

const setup = async () => await alone(await builtImageProgram());
const MADE = '{"format":"webp","width":3,"height":2,"planted":"no"}\n';

/** Where the program has put its native files. */
const unpackedIn = async (home: string): Promise<string> => {
  const root = join(home, '.cache/studio-worker/native');
  const [folder = 'nothing', ...more] = await readdir(root);
  expect(more).toEqual([]);
  return join(root, folder);
};
const filesIn = async (folder: string, ending: RegExp): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((path) => ending.test(path)).map((path) => join(folder, path));

test('settings that lie in the folder it is started in are not read', async () => {
  await using program = await setup();
  await writeFile(join(program.cwd, '.env'), 'PLANTED=env\n');
  await writeFile(join(program.cwd, 'bunfig.toml'), 'preload = ["./planted.ts"]\n');
  await writeFile(join(program.cwd, 'planted.ts'), 'process.env.PLANTED = "preload";\n');
  expect(await program.run([])).toEqual({ code: 0, stdout: MADE, stderr: '' });
});

test('an image is encoded by the library inside the executable', async () => {
  await using program = await setup();
  expect(await program.run([])).toMatchObject({ code: 0, stdout: MADE });
  const [addon = ''] = await filesIn(await unpackedIn(program.home), /\.node$/);
  const { mtimeMs } = await stat(addon);
  expect(await program.run([])).toMatchObject({ code: 0, stdout: MADE });
  expect((await stat(addon)).mtimeMs).toBe(mtimeMs); // the second start unpacked nothing
});

test('four first starts at once all succeed and share one unpacked folder', async () => {
  await using program = await setup();
  const runs = await Promise.all(Array.from({ length: 4 }, () => program.run([])));
  expect(runs).toEqual(runs.map(() => ({ code: 0, stdout: MADE, stderr: '' })));
  expect(await filesIn(await unpackedIn(program.home), /\.node$/)).toHaveLength(1);
});

test('a truncated library is unpacked again instead of crashing the process', async () => {
  await using program = await setup();
  await program.run([]);
  for (const library of await filesIn(await unpackedIn(program.home), /\.node$|\.so/)) await truncate(library, 4096);
  expect(await program.run([])).toEqual({ code: 0, stdout: MADE, stderr: '' });
});

test('an account without a cache gets a private one in the temporary folder', async () => {
  await using program = await setup();
  const file = join(program.cwd, 'file');
  await writeFile(file, '');
  const ran = await program.run([], { XDG_CACHE_HOME: file, TMPDIR: program.home }); // no folder can be below a file
  expect(ran).toMatchObject({ code: 0, stdout: MADE });
  const [folder = ''] = await readdir(program.home);
  expect((await stat(join(program.home, folder))).mode & 0o777).toBe(0o700);
});

test('a cache the operator named that cannot be written says which variable moves it', async () => {
  await using program = await setup();
  const file = join(program.cwd, 'file');
  await writeFile(file, '');
  const ran = await program.run([], { STUDIO_WORKER_CACHE_DIR: join(file, 'below') });
  expect(ran).toMatchObject({ code: 69, stdout: '' });
  expect(ran.stderr).toContain('native.unavailable: cannot use native files in');
  expect(ran.stderr).toContain('Set STUDIO_WORKER_CACHE_DIR to a folder');
  const moved = await program.run([], { STUDIO_WORKER_CACHE_DIR: join(program.home, 'mine') });
  expect(moved).toMatchObject({ code: 0, stdout: MADE });
});

test('a library that the system refuses to load says the same', async () => {
  await using program = await setup();
  await program.run([]);
  const [addon = ''] = await filesIn(await unpackedIn(program.home), /\.node$/);
  await writeFile(addon, new Uint8Array((await stat(addon)).size)); // as a noexec disk does: there, but not loadable
  const ran = await program.run([]);
  expect(ran).toMatchObject({ code: 69, stdout: '' });
  expect(ran.stderr).toContain('STUDIO_WORKER_CACHE_DIR');
});
