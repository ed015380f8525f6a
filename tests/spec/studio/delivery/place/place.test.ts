import { afterAll, expect, test } from 'bun:test';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KIB } from '../../../../../src/base/units.ts';
import { openOutbox } from '../../../../../src/studio/delivery/outbox.ts';
import { outboxFolder, type PlaceDeps, placeOutbox } from '../../../../../src/studio/delivery/place/place.ts';
import { sha256 } from '../../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../../src/system/disk/files.ts';
import { systemFolderLinks } from '../../../../../src/system/folder-links.ts';
import { recordingLogger } from '../../../../fakes/recording-logger.ts';
import { anEntry } from '../../../../fakes/studio/an-entry.ts';
import { FakeClock } from '../../../../fakes/system/fake-clock.ts';

const root = await mkdtemp(join(tmpdir(), 'place-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const small = new TextEncoder().encode('{"answer":42}');
const large = new Uint8Array(65 * KIB).fill(7);

/** An account with a folder for settings and one for data; `changed` is what its disk does differently. */
async function setup(changed: Partial<PlaceDeps> = {}) {
  const folder = await mkdtemp(join(root, 'case-'));
  const beside = join(folder, 'config', 'outbox');
  const home = join(folder, 'data', 'studio-worker', 'outbox');
  const log = recordingLogger();
  const deps: PlaceDeps = { files: systemFiles, links: systemFolderLinks, sha256, log, ...changed };
  await mkdir(join(folder, 'config'));
  return {
    beside,
    home,
    log,
    place: () => placeOutbox({ beside, home }, deps),
    /** Opens an outbox there as a worker does, and leaves these results in it: JSON, an artifact, and one set aside. */
    fill: async (dir: string, name: string) => {
      const outbox = await openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock: new FakeClock(), sha256, log });
      await outbox.put(anEntry(`${name}-json`, { kind: 'json', ext: '' }), small);
      await outbox.put(anEntry(`${name}-file`), large);
      await outbox.setAside(await outbox.put(anEntry(`${name}-aside`), large), 'the studio refused it');
      await outbox.close();
    },
    /** The jobs whose results a worker would deliver from there, each read and verified. */
    waiting: async (dir: string) => {
      const outbox = await openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock: new FakeClock(), sha256, log });
      const jobs: string[] = [];
      for (const entry of outbox.entries()) if ((await outbox.load(entry)) !== undefined) jobs.push(entry.jobId);
      await outbox.close();
      return jobs.toSorted();
    },
  };
}

/** A disk on which folders are mounted one by one, as systemd does for an isolated service. */
const mountedApart = {
  files: {
    ...systemFiles,
    rename: (from: string, to: string) =>
      from.endsWith('config/outbox')
        ? Promise.reject(Object.assign(new Error('EXDEV: cross-device link'), { code: 'EXDEV' }))
        : systemFiles.rename(from, to),
  },
};

test('a new account has its results among its data, linked beside the config', async () => {
  const at = await setup();
  expect(await at.place()).toBe(at.home);
  expect(await readlink(at.beside)).toBe(at.home);
  expect(at.log.find('outbox.moved')).toBeUndefined();
});

test.each([
  ['in one step', {}],
  ['as copies, where folders are mounted apart', mountedApart],
])('results are moved once, %s', async (_how, changed) => {
  const at = await setup(changed);
  await at.fill(at.beside, 'a');
  expect(await at.place()).toBe(at.home);
  expect(await at.waiting(at.home)).toEqual(['a-file', 'a-json']);
  expect(await readdir(join(at.home, 'set-aside'))).toHaveLength(1);
  expect(await at.place()).toBe(at.home);
  expect(at.log.names().filter((name) => name === 'outbox.moved')).toHaveLength(1);
});

test('a release from before the move finds and adds results beside the config', async () => {
  const at = await setup();
  await at.fill(at.beside, 'a');
  await at.place();
  await at.fill(at.beside, 'b');
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json', 'b-file', 'b-json']);
  expect(await outboxFolder(at.beside, systemFolderLinks)).toBe(at.home);
  expect(await at.waiting(await at.place())).toHaveLength(4);
});

test('two folders become one, and neither loses a result', async () => {
  const at = await setup();
  await at.fill(at.beside, 'a');
  await at.fill(at.home, 'b');
  expect(await at.place()).toBe(at.home);
  expect(await at.waiting(at.home)).toEqual(['a-file', 'a-json', 'b-file', 'b-json']);
  expect(await readdir(join(at.home, 'set-aside'))).toHaveLength(2);
});

test('a link that is gone is made again', async () => {
  const at = await setup();
  await at.fill(await at.place(), 'a');
  await rm(at.beside);
  expect(await at.place()).toBe(at.home);
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json']);
});

test('a folder for data that is gone is made again', async () => {
  const at = await setup();
  await rm(await at.place(), { recursive: true });
  await at.fill(await at.place(), 'a');
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json']);
});

test.each(['link', 'rename', 'writeDurable'] as const)('a disk that fails at %s leaves the results', async (step) => {
  const failing = () => Promise.reject(Object.assign(new Error('EIO: input/output error'), { code: 'EIO' }));
  const at = await setup(
    step === 'link'
      ? { links: { ...systemFolderLinks, make: failing } }
      : { files: { ...mountedApart.files, ...(step === 'rename' ? { rename: failing } : { writeDurable: failing }) } },
  );
  await at.fill(at.beside, 'a');
  expect(await at.place()).toBe(at.beside);
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json']);
  expect(await readdir(join(at.beside, '..'))).toEqual(['outbox']);
  expect(at.log.find('outbox.not-moved')?.fields).toMatchObject({
    path: at.beside,
    error: expect.stringContaining('EIO'),
  });
});

test('what is no result is not lost where folders are mounted apart', async () => {
  const at = await setup(mountedApart);
  await at.fill(at.beside, 'a');
  await mkdir(join(at.beside, 'notes'));
  await writeFile(join(at.beside, 'notes', 'mine'), 'kept');
  expect(await at.place()).toBe(at.beside);
  expect(await readFile(join(at.beside, 'notes', 'mine'), 'utf8')).toBe('kept');
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json']);
});

test('a link of the operator’s is left alone', async () => {
  const at = await setup();
  const elsewhere = join(at.beside, '..', '..', 'elsewhere');
  await mkdir(elsewhere);
  await symlink(elsewhere, at.beside);
  expect(await at.place()).toBe(at.beside);
  expect(await readlink(at.beside)).toBe(elsewhere);
});

test('results stay on the volume that the config is on', async () => {
  const at = await setup({ links: { ...systemFolderLinks, onOneFileSystem: async () => false } });
  await at.fill(at.beside, 'a');
  expect(await at.place()).toBe(at.beside);
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json']);
});

test('folders that a link makes one are not moved into themselves', async () => {
  const at = await setup();
  await at.fill(at.beside, 'a');
  await mkdir(join(at.home, '..', '..'), { recursive: true });
  await symlink(join(at.beside, '..'), join(at.home, '..'));
  expect(await at.place()).toBe(at.beside);
  expect(await at.waiting(at.beside)).toEqual(['a-file', 'a-json']);
});

/** Of these effects the `nth` call and all after it fail, as when the process was killed. `calls` counts them. */
function killedAt(nth: number, { files, links }: Pick<PlaceDeps, 'files' | 'links'>) {
  const killed = { calls: 0, files, links };
  const dying = <T extends object>(real: T): T =>
    new Proxy(real, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: readonly unknown[]) => {
          killed.calls += 1;
          return killed.calls >= nth ? Promise.reject(new Error('killed')) : Reflect.apply(method, target, args);
        };
      },
    });
  killed.files = dying(files);
  killed.links = dying(links);
  return killed;
}

test.each([
  ['a move in one step', { files: systemFiles }, false],
  ['a move by copies', mountedApart, false],
  ['two folders becoming one by copies', mountedApart, true],
])('a worker killed at any step of %s loses no result', async (_what, { files }, bothExist) => {
  const filled = await setup();
  await filled.fill(filled.beside, 'a');
  await filled.fill(filled.home, 'b');
  for (let nth = 1, finished = false; !finished; nth += 1) {
    const killed = killedAt(nth, { files, links: systemFolderLinks });
    const at = await setup(killed);
    await cp(filled.beside, at.beside, { recursive: true });
    if (bothExist) await cp(filled.home, at.home, { recursive: true });
    await at.place().catch(() => undefined);
    finished = killed.calls < nth;
    const next = { files, links: systemFolderLinks, sha256, log: at.log };
    const placed = await placeOutbox(at, next);
    expect([nth, placed]).toEqual([nth, at.home]);
    const jobs = ['a-file', 'a-json', ...(bothExist ? ['b-file', 'b-json'] : [])];
    expect([nth, await at.waiting(at.home)]).toEqual([nth, jobs]);
    expect(await readdir(join(at.home, 'set-aside'))).toHaveLength(bothExist ? 2 : 1);
  }
});
