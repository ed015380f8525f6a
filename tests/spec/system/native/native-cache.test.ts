import { expect, test } from 'bun:test';
import { chmod, mkdir, readdir, readFile, rmdir, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CacheMoved, cacheFolder, createNativeCache } from '../../../../src/system/native/native-cache.ts';
import type { Payload } from '../../../../src/system/native/payloads.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const FILES = { '@img/sharp/lib/sharp.node': 'an addon', '@img/libvips/lib/libvips.so': 'a library' };
const SIZES = { '@img/sharp/lib/sharp.node': 8, '@img/libvips/lib/libvips.so': 9 };

async function setup(compress = (tar: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => Bun.zstdCompress(tar)) {
  const folder = await tempFolder();
  const archive = await compress(await new Bun.Archive(FILES).bytes());
  const path = folder.at('sharp.tar.zst');
  await writeFile(path, archive);
  const payload: Payload = { path, sha256: new Bun.CryptoHasher('sha256').update(archive).digest('hex') };
  const open = (root = folder.at('cache'), sharp = payload) =>
    createNativeCache({
      environment: {
        platform: 'linux',
        homeDir: '/nowhere',
        tempDir: folder.path,
        get: (name) => (name === 'STUDIO_WORKER_CACHE_DIR' ? root : undefined),
      },
      payloads: { sharp },
    });
  const unpack = async (): Promise<string> => (await open().unpack('sharp')) ?? 'nothing';
  return { folder, payload, open, unpack, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const contentsOf = async (folder: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(Object.keys(FILES).map(async (path) => [path, await readFile(join(folder, path), 'utf8')])),
  );

test('a checkout has nothing to unpack', async () => {
  const cache = createNativeCache({
    environment: { platform: 'linux', homeDir: '', tempDir: '', get: () => undefined },
    payloads: {},
  });
  expect(await cache.unpack('sharp')).toBeUndefined();
});

test('the first use unpacks every file, the second touches nothing', async () => {
  await using at = await setup();
  const folder = await at.unpack();
  expect(await contentsOf(folder)).toEqual(FILES);
  const marker = join(folder, 'marker');
  await writeFile(marker, 'still here');
  expect(await at.unpack()).toBe(folder);
  expect(await readFile(marker, 'utf8')).toBe('still here');
});

test('an archive that was packed without compression is unpacked as it is', async () => {
  await using at = await setup((tar) => Promise.resolve(tar));
  expect(await contentsOf(await at.unpack())).toEqual(FILES);
});

test('four simultaneous first uses unpack one whole folder and no leftovers', async () => {
  await using at = await setup();
  const folders = await Promise.all([at.unpack(), at.unpack(), at.unpack(), at.unpack()]);
  expect(new Set(folders).size).toBe(1);
  expect(await contentsOf(folders[0])).toEqual(FILES);
  expect(await readdir(at.folder.at('cache/native'))).toHaveLength(1);
});

test.each([
  ['truncated', (path: string) => truncate(path, 3)],
  ['missing', (path: string) => Bun.file(path).delete()],
])('a library that is %s is never loaded but unpacked again', async (_what, damage) => {
  await using at = await setup();
  const folder = await at.unpack();
  await damage(join(folder, '@img/libvips/lib/libvips.so'));
  expect(await contentsOf(await at.unpack())).toEqual(FILES);
});

test('a library that its user replaced and unlisted stays unchanged', async () => {
  await using at = await setup();
  const folder = await at.unpack();
  const library = '@img/libvips/lib/libvips.so';
  const { [library]: _replaced, ...others } = SIZES;
  await writeFile(join(folder, library), 'a library of another size');
  await writeFile(join(folder, '.complete'), JSON.stringify(others));
  expect(await contentsOf(await at.unpack())).toEqual({ ...FILES, [library]: 'a library of another size' });
});

test.each(['', '[]', 'null', '{}', '{"@img/sharp/lib/sharp.node":'])(
  'a manifest of %p counts as broken',
  async (manifest) => {
    await using at = await setup();
    await writeFile(join(await at.unpack(), '.complete'), manifest);
    const folder = await at.unpack();
    expect(JSON.parse(await readFile(join(folder, '.complete'), 'utf8'))).toEqual(SIZES);
  },
);

test('what a killed unpacking left behind is removed once it is old', async () => {
  await using at = await setup();
  const left = (name: string): string => at.folder.at(`cache/native/sharp-${name}`);
  const [old, fresh, other] = [left(`${'a'.repeat(16)}.1`), left(`${'a'.repeat(16)}.2`), left('b'.repeat(16))];
  for (const path of [old, fresh, other]) await mkdir(path, { recursive: true });
  await utimes(old, new Date(0), new Date(0));
  await utimes(other, new Date(0), new Date(0));
  await at.unpack();
  const names = await readdir(at.folder.at('cache/native'));
  expect(names).toHaveLength(3);
  expect(names).not.toContain(old.slice(-18));
});

test('an archive that is damaged inside the executable is never unpacked', async () => {
  await using at = await setup();
  await truncate(at.payload.path, 20);
  expect(await failureOf(at.open().unpack('sharp'))).toMatchObject({
    code: 'native.unavailable',
    hint: 'Reinstall studio-worker.',
  });
});

test('a cache that cannot be written says which variable moves it', async () => {
  await using at = await setup();
  const root = join(at.payload.path, 'cache'); // below a file, where no account can make a folder
  const failure = await failureOf(at.open(root).unpack('sharp'));
  expect(failure).toMatchObject({ code: 'native.unavailable' });
  expect(failure).toHaveProperty('message', expect.stringContaining(root));
  expect(failure).toHaveProperty('hint', expect.stringContaining('STUDIO_WORKER_CACHE_DIR'));
});

const onPosix = needs(POSIX);

/** An account whose home is below a file, where nothing can be made, not even by root. */
function homeless(at: Awaited<ReturnType<typeof setup>>, homeDir = join(at.payload.path, 'home')) {
  const moves: CacheMoved[] = [];
  const cache = createNativeCache({
    environment: { platform: 'linux', homeDir, tempDir: at.folder.path, get: () => undefined },
    payloads: { sharp: at.payload },
  });
  cache.onMoved((moved) => moves.push(moved));
  return { cache, moves, own: join(at.folder.path, `studio-worker-${process.getuid?.()}`) };
}

onPosix('an account without a writable home gets a private folder and a hint', async () => {
  await using at = await setup();
  for (const homeDir of [undefined, '']) {
    const { cache, moves, own } = homeless(at, homeDir);
    const folder = (await cache.unpack('sharp')) ?? 'nothing';
    expect(folder).toStartWith(join(own, 'native'));
    expect(await contentsOf(folder)).toEqual(FILES);
    expect(((await stat(own)).mode & 0o777).toString(8)).toBe('700');
    await cache.unpack('sharp');
    expect(moves).toMatchObject([{ to: own, hint: expect.stringContaining('STUDIO_WORKER_CACHE_DIR') }]);
  }
});

onPosix('a folder that others may enter, or a link, is not taken for private', async () => {
  await using at = await setup();
  const { cache, own } = homeless(at);
  await mkdir(own, { mode: 0o755 });
  await chmod(own, 0o755);
  expect(await failureOf(cache.unpack('sharp'))).toMatchObject({ code: 'native.unavailable' });
  await rmdir(own);
  await mkdir(at.folder.at('theirs'), { mode: 0o700 });
  await symlink(at.folder.at('theirs'), own);
  const failure = await failureOf(cache.unpack('sharp'));
  expect(failure).toMatchObject({ code: 'native.unavailable' });
  expect(failure).toHaveProperty('hint', expect.stringContaining('STUDIO_WORKER_CACHE_DIR'));
  expect(await readdir(at.folder.at('theirs'))).toEqual([]);
});

test('only the owner may reach the unpacked files', async () => {
  await using at = await setup();
  const folder = await at.unpack();
  const { mode } = await Bun.file(join(folder, '@img/sharp/lib/sharp.node')).stat();
  expect((mode & 0o777).toString(8)).toBe('700');
});

test.each([
  ['linux', {}, '/home/o/.cache/studio-worker'],
  ['linux', { XDG_CACHE_HOME: '/cache' }, '/cache/studio-worker'],
  ['linux', { XDG_CACHE_HOME: 'rel' }, '/home/o/.cache/studio-worker'],
  ['linux', { XDG_CACHE_HOME: './rel/' }, '/home/o/.cache/studio-worker'],
  ['linux', { STUDIO_WORKER_CACHE_DIR: '/mine', XDG_CACHE_HOME: '/cache' }, '/mine'],
  ['darwin', {}, '/home/o/Library/Caches/studio-worker'],
  ['win32', { LOCALAPPDATA: '/local' }, '/local/studio-worker/cache'],
] as const)('on %s with %j the cache is %s', (platform, variables, folder) => {
  const get = (name: string): string | undefined => new Map(Object.entries(variables)).get(name);
  expect(cacheFolder({ platform, homeDir: '/home/o', get })).toBe(folder);
});
