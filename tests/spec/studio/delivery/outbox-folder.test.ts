import { expect } from 'bun:test';
import { mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { toJobId } from '../../../../src/base/ids.ts';
import { KIB } from '../../../../src/base/units.ts';
import { openKeptResults } from '../../../../src/studio/delivery/kept/kept-results.ts';
import { openOutbox } from '../../../../src/studio/delivery/outbox.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { anEntry } from '../../../fakes/studio/an-entry.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const ENTRY = (at: number): string => `0000000000000${at}-${'ab'.repeat(16)}.artifact`;
const SIZES = [
  ['in the journal', 1 * KIB],
  ['in a file of its own', 100 * KIB],
] as const;

async function setup() {
  const folder = await tempFolder();
  const dir = folder.at('outbox');
  const clock = new FakeClock();
  const log = recordingLogger();
  const open = () => openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock, sha256, log });
  return { folder, dir, clock, log, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

needs(POSIX)('pipes, sockets, folders and links among the results are passed over by name', async () => {
  await using at = await setup();
  await mkdir(at.dir);
  Bun.spawnSync(['mkfifo', `${at.dir}/${ENTRY(1)}`, `${at.dir}/a-pipe`, `${at.dir}/journal.9.tmp`]);
  using _listener = Bun.listen({ unix: `${at.dir}/${ENTRY(2)}`, socket: { data: () => {} } });
  await mkdir(`${at.dir}/${ENTRY(3)}`);
  await symlink('/dev/zero', `${at.dir}/${ENTRY(4)}`);
  await symlink(`${at.dir}/nowhere`, `${at.dir}/${ENTRY(5)}`);
  const before = await readdir(at.dir);
  const outbox = await at.open();
  expect(outbox.entries()).toEqual([]);
  const passed = at.log.events.filter(({ event }) => event === 'result.passed-over').map(({ fields }) => fields);
  expect(passed).toEqual([
    { file: 'a-pipe', kind: 'pipe' },
    { file: 'journal.9.tmp', kind: 'pipe' },
    { file: ENTRY(1), kind: 'pipe' },
    { file: ENTRY(2), kind: 'socket' },
    { file: ENTRY(3), kind: 'folder' },
    { file: ENTRY(4), kind: 'link' },
    { file: ENTRY(5), kind: 'link' },
  ]);
  expect((await readdir(at.dir)).filter((name) => name !== 'journal')).toEqual(before);
  expect(await outbox.takeIn(ENTRY(1))).toBe(false);
  const kept = openKeptResults({ folder: at.dir, files: systemFiles, sha256, clock: at.clock });
  expect(await kept.list()).toEqual([]);
});

needs(POSIX)('a pipe in the journal’s place blocks nothing, results get files', async () => {
  await using at = await setup();
  await mkdir(at.dir);
  Bun.spawnSync(['mkfifo', `${at.dir}/journal`]);
  const outbox = await at.open();
  expect(at.log.find('result.unreadable')?.fields).toMatchObject({ error: `${at.dir}/journal is no regular file` });
  await outbox.put(anEntry('job-1'), new Uint8Array(10));
  expect((await at.open()).entries()).toMatchObject([{ jobId: 'job-1' }]);
});

needs(POSIX)('an outbox removed while it is in use is recreated, private and whole', async () => {
  for (const [_where, sizeBytes] of SIZES) {
    await using at = await setup();
    const outbox = await at.open();
    await outbox.put(anEntry('job-1'), new Uint8Array(sizeBytes).fill(1));
    await rm(at.dir, { recursive: true });
    await outbox.put(anEntry('job-2'), new Uint8Array(sizeBytes).fill(2));
    expect((await stat(at.dir)).mode & 0o777).toBe(0o700);
    expect(at.log.find('outbox.recreated')?.level).toBe('warn');
    const found = (await at.open()).entries().map(({ jobId }) => jobId);
    expect(found).toContain(toJobId('job-2'));
  }
});

for (const [where, sizeBytes] of SIZES) {
  needs(POSIX)(`a result ${where} is known to be gone, or is there again`, async () => {
    await using at = await setup();
    const outbox = await at.open();
    const kept = await outbox.put(anEntry('job-1'), new Uint8Array(sizeBytes).fill(1));
    expect(await outbox.holds(kept)).toBe(true);
    await rm(at.dir, { recursive: true });
    const holds = await outbox.holds(kept);
    expect(holds).toBe(sizeBytes <= 64 * KIB); // the journal is open, and its removed copy can still be read
    const found = (await at.open()).entries();
    expect(found.map(({ jobId }) => jobId)).toEqual(holds ? [toJobId('job-1')] : []);
  });
}

needs(POSIX)('a moved journal is rewritten in place, the moved one unchanged', async () => {
  await using at = await setup();
  const outbox = await at.open();
  await outbox.put(anEntry('job-1'), new Uint8Array(10).fill(1));
  await rename(`${at.dir}/journal`, at.folder.at('moved'));
  const { size } = await stat(at.folder.at('moved'));
  await writeFile(`${at.dir}/journal`, 'not ours');
  await outbox.put(anEntry('job-2'), new Uint8Array(10).fill(2));
  expect((await stat(at.folder.at('moved'))).size).toBe(size);
  expect((await at.open()).entries().map(({ jobId }) => jobId)).toEqual([toJobId('job-1'), toJobId('job-2')]);
});
