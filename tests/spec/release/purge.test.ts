import { expect, test } from 'bun:test';
import { purgedPaths } from '../../../src/release/purge.ts';

const CONFIG = {
  path: '/home/ada/.config/worker/config.toml',
  folder: '/home/ada/.config/worker',
  beside: ['/home/ada/.config/worker/outbox', '/home/ada/.config/worker/daemon.lock'],
  isOwnFolder: true,
};
const CACHE = { folder: '/home/ada/.cache/worker', isOwnFolder: true };
const DATA = '/home/ada/.local/share/worker';

test("a purge deletes the folders that are the worker's own", () => {
  expect(purgedPaths({ config: CONFIG, cache: CACHE, dataFolder: DATA })).toEqual([
    '/home/ada/.config/worker',
    '/home/ada/.cache/worker',
    '/home/ada/.local/share/worker',
  ]);
});

test("a config folder that the operator named loses the worker's files only", () => {
  const paths = purgedPaths({ config: { ...CONFIG, isOwnFolder: false }, cache: CACHE, dataFolder: DATA });
  expect(paths).not.toContain(CONFIG.folder);
  expect(paths.slice(0, 3)).toEqual([...CONFIG.beside, CONFIG.path]);
});

test("a cache folder that the operator named loses the worker's files only", () => {
  const paths = purgedPaths({ config: CONFIG, cache: { folder: '/mnt/cache', isOwnFolder: false }, dataFolder: DATA });
  expect(paths).not.toContain('/mnt/cache');
  expect(paths.filter((path) => path.startsWith('/mnt/cache/'))).toEqual([
    '/mnt/cache/native',
    '/mnt/cache/packs',
    '/mnt/cache/cuda',
    '/mnt/cache/mesa',
    '/mnt/cache/gl',
  ]);
});
