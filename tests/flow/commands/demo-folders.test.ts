import { expect, test } from 'bun:test';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '../../../src/compose/commands/demo.ts';
import { type Effects, realEffects } from '../../../src/compose/effects.ts';

/** The real world, but for the folder of temporary files and a silent terminal. */
async function setup(more: (real: Effects) => Partial<Effects> = () => ({})) {
  const folder = await mkdtemp(join(tmpdir(), 'studio-worker-demo-folders-'));
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const real = realEffects();
  const effects: Effects = {
    ...real,
    environment: { ...real.environment, tempDir: scratch },
    random: { ...real.random, hex: (bytes) => (bytes === 8 ? 'known' : real.random.hex(bytes)) },
    ...more(real),
  };
  const demo = (outDir: string) => startDemo({ outDir, logFormat: undefined, logLevel: undefined }, effects);
  const clear = () => rm(folder, { recursive: true, force: true });
  return { folder, scratch, demo, [Symbol.asyncDispose]: clear };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );

test('a demonstration leaves a folder alone that holds files of somebody else', async () => {
  await using at = await setup();
  const outDir = join(at.folder, 'mine');
  await mkdir(outDir);
  await writeFile(join(outDir, 'image.webp'), 'a picture of mine');
  await writeFile(join(outDir, 'thesis.odt'), 'years of work');
  const demo = await at.demo(outDir);
  const failure = await failureOf(demo.events[Symbol.asyncIterator]().next());
  await demo.stop();
  expect(failure).toMatchObject({ code: 'folder.unusable', message: expect.stringContaining('thesis.odt') });
  expect((await readdir(outDir)).toSorted()).toEqual(['image.webp', 'thesis.odt']);
});

test('a demo never overwrites files it did not make, whatever their names', async () => {
  await using at = await setup();
  for (const [name, content] of [
    ['index.html', '<title>my site</title>'],
    ['image.webp', 'a picture of mine'],
  ] as const) {
    const outDir = join(at.folder, name.replace('.', '-'));
    await mkdir(outDir);
    await writeFile(join(outDir, name), content);
    const demo = await at.demo(outDir);
    const failure = await failureOf(demo.events[Symbol.asyncIterator]().next());
    await demo.stop();
    expect(failure).toMatchObject({ code: 'folder.unusable', message: expect.stringContaining(name) });
    expect(await readFile(join(outDir, name), 'utf8')).toBe(content);
  }
});

test('a demonstration may be run again where one was interrupted', async () => {
  await using at = await setup();
  const outDir = join(at.folder, 'again');
  for (let round = 0; round < 2; round++) {
    const demo = await at.demo(outDir);
    await demo.events[Symbol.asyncIterator]().next();
    await demo.stop();
    expect(await readdir(outDir)).toContain('index.html');
  }
});

test('a demonstration names the folder that its results cannot go to', async () => {
  await using at = await setup();
  const outDir = join(at.folder, 'taken');
  await writeFile(outDir, 'a file, no folder');
  const demo = await at.demo(outDir);
  const failure = await failureOf(demo.events[Symbol.asyncIterator]().next());
  await demo.stop();
  expect(failure).toMatchObject({ code: 'folder.unusable', hint: expect.stringContaining('--out') });
  expect(await readdir(at.scratch)).toEqual([]);
});

test('a demonstration names the folder for temporary files that it cannot use', async () => {
  await using at = await setup();
  await rm(at.scratch, { recursive: true });
  await writeFile(at.scratch, 'a file, no folder');
  const failure = await failureOf(at.demo(join(at.folder, 'out')));
  expect(failure).toMatchObject({ code: 'folder.unusable', hint: expect.stringContaining('TMPDIR') });
});

test('a demonstration that cannot start leaves nothing behind', async () => {
  await using at = await setup();
  const leftover = join(at.scratch, 'studio-worker-demo-known');
  await mkdir(leftover);
  await writeFile(join(leftover, 'studio'), 'a file where the studio keeps its folder');
  expect(await failureOf(at.demo(join(at.folder, 'out')))).toBeInstanceOf(Error);
  expect(await readdir(at.scratch)).toEqual([]);
});

test('a demonstration that cannot remove its temporary folder only warns of that', async () => {
  let said = '';
  await using at = await setup(({ files, terminal }) => ({
    files: {
      ...files,
      remove: (path) => (path.endsWith('known') ? Promise.reject(new Error('EBUSY')) : files.remove(path)),
    },
    terminal: { ...terminal, stderr: { ...terminal.stderr, write: (text) => void (said += text) } },
  }));
  const demo = await at.demo(join(at.folder, 'out'));
  await demo.stop();
  expect(said).toBe(
    `warning: cannot remove the temporary folder ${join(at.scratch, 'studio-worker-demo-known')}: EBUSY\n`,
  );
});
