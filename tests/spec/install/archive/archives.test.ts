import { expect, test } from 'bun:test';
import { mkdir, stat, utimes } from 'node:fs/promises';
import type { Entries } from '../../../../install/archive/entries.ts';
import { tarOf } from '../../../../install/archive/tar.ts';
import { xz } from '../../../../install/archive/xz.ts';
import { zipOf } from '../../../../install/archive/zip.ts';
import { pack } from '../../../../install/payload.ts';
import { readZip } from '../../../../src/system/native/zip.ts';
import { needs } from '../../../needs.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const LONG = `${'folder/'.repeat(14)}${'n'.repeat(60)}`;
const FILES: Entries = new Map([
  ['release/studio-worker', { bytes: text('a program'), isExecutable: true }],
  ['release/completions/_studio-worker', { bytes: text('#compdef') }],
  ['release/README.md', { bytes: text('# Read me\n'.repeat(100)) }],
  ['release/empty', { bytes: text('') }],
]);
const backwards: Entries = new Map([...FILES].toReversed());

async function listing(args: readonly string[]): Promise<string> {
  const child = Bun.spawn([...args], { stdout: 'pipe', env: { ...process.env, TZ: 'UTC' } });
  expect(await child.exited).toBe(0);
  return (await new Response(child.stdout).text()).trim();
}

test('an archive does not depend on the order its files are named', () => {
  expect(tarOf(backwards, { withFolders: true })).toEqual(tarOf(FILES, { withFolders: true }));
  expect(zipOf(backwards)).toEqual(zipOf(FILES));
});

needs('tar')('the program tar lists files of one owner, one time and a mode each', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('a.tar'), tarOf(FILES, { withFolders: true }));
  expect(await listing(['tar', '--numeric-owner', '-tvf', folder.at('a.tar')])).toBe(`\
drwxr-xr-x 0/0               0 1980-01-01 00:00 release/
drwxr-xr-x 0/0               0 1980-01-01 00:00 release/completions/
-rw-r--r-- 0/0            1000 1980-01-01 00:00 release/README.md
-rw-r--r-- 0/0               8 1980-01-01 00:00 release/completions/_studio-worker
-rw-r--r-- 0/0               0 1980-01-01 00:00 release/empty
-rwxr-xr-x 0/0               9 1980-01-01 00:00 release/studio-worker`);
});

needs('tar', 'xz')('the programs tar and xz unpack what was packed, on both processors', async () => {
  await using folder = await tempFolder();
  for (const cpu of ['x64', 'arm64']) {
    const packed = await xz(tarOf(FILES, { withFolders: true }), { preset: 1, cpu });
    expect(await xz(tarOf(backwards, { withFolders: true }), { preset: 1, cpu })).toEqual(packed);
    await Bun.write(folder.at(`${cpu}.tar.xz`), packed);
    await mkdir(folder.at(cpu));
    await listing(['tar', '-C', folder.at(cpu), '-xf', folder.at(`${cpu}.tar.xz`)]);
    for (const [path, { bytes }] of FILES) {
      expect(await Bun.file(folder.at(`${cpu}/${path}`)).bytes()).toEqual(new Uint8Array(bytes));
    }
    expect((await stat(folder.at(`${cpu}/release/studio-worker`))).mode & 0o777).toBe(0o755);
  }
});

test('the worker itself reads the zip archive, modes included', () => {
  const files = readZip(zipOf(FILES), 10_000);
  expect(files.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
    ['README.md', '644'],
    ['_studio-worker', '644'],
    ['empty', '644'],
    ['studio-worker', '755'],
  ]);
  expect(files.map(({ bytes }) => new TextDecoder().decode(bytes))).toContain('a program');
});

needs('unzip')('the program unzip finds no fault in the zip archive', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('a.zip'), zipOf(FILES));
  expect(await listing(['unzip', '-t', folder.at('a.zip')])).toContain('No errors detected');
  const lines = await listing(['unzip', '-Zl', folder.at('a.zip')]);
  expect(lines).toMatch(/^-rwxr-xr-x .* 80-Jan-01 00:00 release\/studio-worker$/m);
});

test('a long path is split in a tar, one too long is rejected', async () => {
  const archive = tarOf(new Map([[LONG, { bytes: text('deep') }]]), { withFolders: false });
  const [[path, file] = ['', undefined]] = await new Bun.Archive(archive).files();
  expect([path, await file?.text()]).toEqual([LONG, 'deep']);
  expect(() => tarOf(new Map([['x'.repeat(101), { bytes: text('') }]]), { withFolders: false })).toThrow(
    'does not fit',
  );
});

test('native files packed at another time, in another folder, make the same bytes', async () => {
  await using folder = await tempFolder();
  for (const place of ['one', 'two']) {
    await Bun.write(folder.at(`${place}/lib.node`), 'a library');
    await Bun.write(folder.at(`${place}/more/lib.so`), 'another');
  }
  await utimes(folder.at('two/lib.node'), 1, 1);
  const filesIn = (place: string): ReadonlyMap<string, string> =>
    new Map(['lib.node', 'more/lib.so'].map((path) => [path, folder.at(`${place}/${path}`)]));
  await pack(filesIn('one'), folder.at('one.tar.zst'));
  await pack(new Map([...filesIn('two')].toReversed()), folder.at('two.tar.zst'));
  expect(await Bun.file(folder.at('two.tar.zst')).bytes()).toEqual(await Bun.file(folder.at('one.tar.zst')).bytes());
});
