import { expect, test } from 'bun:test';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { KIB, MIB } from '../../../../src/base/units.ts';
import { systemFiles as files } from '../../../../src/system/disk/files.ts';
import { openPartFile } from '../../../../src/system/disk/sparse-file.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { onSmallDisk, SMALL_DISK } from '../../../fakes/system/small-disk.ts';
import { needs, POSIX } from '../../../needs.ts';

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

needs(POSIX)('a secret file is owner-only whatever it was before', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('config.toml'), 'old');
  await chmod(folder.at('config.toml'), 0o666);
  await files.writeAtomic(folder.at('config.toml'), 'new', { mode: 0o600 });
  expect(await modeOf(folder.at('config.toml'))).toBe('600');
});

needs(POSIX)('a linked file is replaced where it really is', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('dotfiles'));
  await writeFile(folder.at('dotfiles/config.toml'), 'old');
  await symlink(folder.at('dotfiles/config.toml'), folder.at('config.toml'));
  await files.writeAtomic(folder.at('config.toml'), 'new');
  expect((await lstat(folder.at('config.toml'))).isSymbolicLink()).toBe(true);
  expect(await readFile(folder.at('dotfiles/config.toml'), 'utf8')).toBe('new');
});

needs(POSIX)('a durable write is owner-only, small or large', async () => {
  await using folder = await tempFolder();
  for (const sizeBytes of [1, 3 * MIB]) {
    await files.writeDurable(folder.at(`${sizeBytes}`), [new Uint8Array(sizeBytes)]);
    expect(await modeOf(folder.at(`${sizeBytes}`))).toBe('600');
  }
});

/** Writes 200 kB from a child that runs below the given command; gives the code it failed with and what lies there. */
async function writeLimited(limit: readonly string[], folder: string): Promise<readonly string[]> {
  const source = `${import.meta.dir}/../../../../src/system/disk/files.ts`;
  const script = `
    const { systemFiles: files } = await import(${JSON.stringify(source)});
    const write = files.writeDurable('${folder}/result', [new Uint8Array(200_000)]);
    console.log(await write.then(() => 'written', (error) => error.code), (await files.list('${folder}')).length);`;
  const child = Bun.spawn([...limit, process.execPath, '-e', script], { stdout: 'pipe', stderr: 'ignore' });
  return (await new Response(child.stdout).text()).trim().split(' ');
}

needs(...SMALL_DISK)('a full disk is named as what it is and nothing half-written stays', async () => {
  await using folder = await tempFolder();
  expect(await writeLimited(onSmallDisk(folder.path, 64 * KIB), folder.path)).toEqual(['disk.full', '0']);
});

needs(POSIX)('a limit on file size is not taken for a full disk', async () => {
  await using folder = await tempFolder();
  const limit = ['sh', '-c', 'ulimit -f 64; exec "$0" "$@"'];
  expect(await writeLimited(limit, folder.path)).toEqual(['EFBIG', '0']);
});

needs(POSIX)('a write that cannot begin fails for its own reason', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('taken'), 'a file, where a folder has to be');
  const target = folder.at('taken/config.toml');
  for (const bytes of [new Uint8Array(1), new Uint8Array(3 * MIB)]) {
    const failure = await failureOf(files.writeDurable(target, [bytes]));
    expect(failure).toMatchObject({ code: 'ENOTDIR', syscall: 'open' });
  }
});

test('a file is read in chunks that add up to it', async () => {
  await using folder = await tempFolder();
  await files.writeDurable(folder.at('big'), [new Uint8Array(MIB).fill(1), new Uint8Array(5).fill(2)]);
  const sizes: number[] = [];
  for await (const chunk of files.openRead(folder.at('big'))) sizes.push(chunk.byteLength);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(MIB + 5);
});

test('a new folder and its parents get the mode they are asked for', async () => {
  await using folder = await tempFolder();
  await files.makeDir(folder.at('a/b'), { mode: 0o700 });
  await files.makeDir(folder.at('a/b'), { mode: 0o700 });
  expect((await files.stat(folder.at('a/b')))?.isFolder).toBe(true);
  if (process.platform !== 'win32') expect(await modeOf(folder.at('a'))).toBe('700');
});

test('free space is known for a path that does not exist yet', async () => {
  await using folder = await tempFolder();
  const here = await files.freeBytes(folder.path);
  const below = await files.freeBytes(folder.at('not/yet/there'));
  expect(here).toBeGreaterThan(0);
  expect(Math.abs(here - below)).toBeLessThan(1024 * MIB);
});

test('whatever temporary files an earlier process of our pid left, a file is saved', async () => {
  await using folder = await tempFolder();
  const left = Array.from({ length: 50 }, (_, at) => `config.toml.${process.pid}-${at}.tmp`);
  for (const name of left) await writeFile(folder.at(name), 'half');
  await files.writeAtomic(folder.at('config.toml'), 'approved', { mode: 0o600, durable: true });
  expect(await readFile(folder.at('config.toml'), 'utf8')).toBe('approved');
});

test('temporary files that killed processes left are swept once they are stale', async () => {
  await using folder = await tempFolder();
  const stale = ['config.toml.7-1.tmp', 'config.toml.4711-0123456789ab.tmp'];
  const others = [
    'config.toml.7-2.tmp',
    'other.toml.7-1.tmp',
    'config.toml.bak',
    'config.toml.tmp',
    'config.toml.7-x.tmp',
  ];
  for (const name of [...stale, ...others]) {
    await writeFile(folder.at(name), 'half');
    if (name !== 'config.toml.7-2.tmp') await utimes(folder.at(name), 1_000_000, 1_000_000);
  }
  await files.writeAtomic(folder.at('config.toml'), 'x');
  expect(await readdir(folder.path)).toEqual(expect.arrayContaining(['config.toml', ...others]));
  expect((await readdir(folder.path)).filter((name) => stale.includes(name))).toEqual([]);
});

const SPECIAL = ['pipe', 'socket', 'device', 'folder'] as const;

/** A folder with one of each kind of thing that is no file, and a link to each. */
async function specialFolder() {
  const folder = await tempFolder();
  Bun.spawnSync(['mkfifo', folder.at('pipe')]);
  const listener = Bun.listen({ unix: folder.at('socket'), socket: { data: () => {} } });
  await symlink('/dev/zero', folder.at('device'));
  await mkdir(folder.at('folder'));
  for (const kind of SPECIAL) await symlink(folder.at(kind), folder.at(`link-to-${kind}`));
  const clear = async (): Promise<void> => {
    listener.stop(true);
    await folder[Symbol.asyncDispose]();
  };
  return { at: (name: string) => folder.at(name), [Symbol.asyncDispose]: clear };
}

needs(POSIX)('what is no regular file is refused at once, by its path', async () => {
  await using folder = await specialFolder();
  for (const name of SPECIAL.flatMap((kind) => [kind, `link-to-${kind}`])) {
    const path = folder.at(name);
    const reads: readonly (() => Promise<unknown>)[] = [
      () => files.readText(path),
      () => files.readBytes(path),
      () => files.openRead(path)[Symbol.asyncIterator]().next(),
      () => openPartFile(path, 'read'),
    ];
    for (const read of reads) {
      expect(await failureOf(read())).toMatchObject({ code: 'file.unusable', message: `${path} is no regular file` });
    }
    expect((await files.stat(path))?.isFile).toBe(false);
  }
  expect(await failureOf(openPartFile(folder.at('pipe')))).toMatchObject({ code: 'file.unusable' });
});

needs(POSIX)('a write puts no file in place of what is none', async () => {
  await using folder = await specialFolder();
  const large = new Uint8Array(2 * MIB);
  for (const kind of ['pipe', 'socket', 'folder'] as const) {
    for (const name of [kind, `link-to-${kind}`]) {
      for (const content of ['new', large]) {
        expect(await failureOf(files.writeAtomic(folder.at(name), content))).toMatchObject({
          code: 'file.not-written',
        });
      }
    }
    expect(await files.kindOf(folder.at(kind))).toBe(kind);
  }
  expect((await readdir(folder.at(''))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

needs(POSIX)('a name itself is known for what it is, links included', async () => {
  await using folder = await specialFolder();
  await writeFile(folder.at('file'), 'x');
  expect(await files.kindOf(folder.at('file'))).toBe('file');
  for (const kind of ['pipe', 'socket', 'folder'] as const) expect(await files.kindOf(folder.at(kind))).toBe(kind);
  expect(await files.kindOf('/dev/zero')).toBe('device');
  expect(await files.kindOf(folder.at('link-to-pipe'))).toBe('link');
  expect(await files.kindOf(folder.at('nothing'))).toBe(undefined);
});
