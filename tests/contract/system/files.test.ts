import { describe, expect, test } from 'bun:test';
import { KIB, MIB } from '../../../src/base/units.ts';
import { type Files, systemFiles } from '../../../src/system/disk/files.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

interface Subject extends AsyncDisposable {
  readonly files: Files;
  /** A path in a folder that exists and is empty. */
  at(name: string): string;
}

/** What every `Files` promises, kept by those on the disk and by those of the tests. */
const SUBJECTS: readonly (readonly [name: string, make: () => Promise<Subject>])[] = [
  ['files on the disk', async () => ({ files: systemFiles, ...(await tempFolder()) })],
  [
    'files in memory',
    () =>
      Promise.resolve({
        files: new MemoryFiles(),
        at: (name) => `/folder/${name}`,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  ],
];

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (read: Uint8Array | undefined): string => new TextDecoder().decode(read);

describe.each(SUBJECTS)('%s', (_name, make) => {
  test('answer that a file is missing instead of failing', async () => {
    await using at = await make();
    const { files } = at;
    await files.writeAtomic(at.at('file'), 'x');
    for (const path of [at.at('nothing'), at.at('file/below')]) {
      expect(await files.readText(path)).toBeUndefined();
      expect(await files.readBytes(path)).toBeUndefined();
      expect(await files.readNamedText(path, KIB)).toBeUndefined();
      expect(await files.stat(path)).toBeUndefined();
      expect(await files.list(path)).toEqual([]);
    }
  });

  test('read how a file begins, and open nothing that is no file', async () => {
    await using at = await make();
    const { files } = at;
    await files.makeDir(at.at('folder'));
    await files.writeAtomic(at.at('folder/file'), 'a long text');
    const start = await files.readStart(at.at('folder/file'), 6);
    expect({ kind: start?.kind, text: textOf(start?.bytes) }).toEqual({ kind: 'file', text: 'a long' });
    expect(textOf((await files.readStart(at.at('folder/file'), KIB))?.bytes)).toBe('a long text');
    expect(await files.readStart(at.at('folder'), KIB)).toEqual({ kind: 'folder', bytes: bytes() });
    expect(await files.readStart(at.at('nothing'), KIB)).toBeUndefined();
    expect(await files.readStart(at.at('folder/file/below'), KIB)).toBeUndefined();
  });

  test('keep the code of the system for what else cannot be read', async () => {
    await using at = await make();
    const { files } = at;
    await files.makeDir(at.at('folder'));
    await files.writeAtomic(at.at('folder/file'), 'x');
    expect(await failureOf(files.readText(at.at('folder')))).toMatchObject({ code: 'file.unusable' });
    expect(await failureOf(files.readBytes(at.at('folder')))).toMatchObject({ code: 'file.unusable' });
    expect(await failureOf(files.rename(at.at('nothing'), at.at('new')))).toMatchObject({ code: 'ENOENT' });
    expect(await failureOf(files.makePrivate(at.at('nothing')))).toMatchObject({ code: 'ENOENT' });
  });

  test.each([false, true, 'soon'] as const)(
    'replace a file whole and leave nothing beside it, durable: %s',
    async (durable) => {
      await using at = await make();
      const { files } = at;
      await files.makeDir(at.at('config'));
      await files.writeAtomic(at.at('config/file'), 'the old and longer text');
      await files.writeAtomic(at.at('config/file'), encoded('new'), { mode: 0o600, durable });
      expect(await files.readText(at.at('config/file'))).toBe('new');
      expect(await files.list(at.at('config'))).toEqual(['file']);
    },
  );

  test('leave a folder alone that a file is to be written over', async () => {
    await using at = await make();
    const { files } = at;
    await files.makeDir(at.at('taken'));
    await files.writeAtomic(at.at('taken/inside'), 'kept');
    expect(await failureOf(files.writeAtomic(at.at('taken'), 'x'))).toBeInstanceOf(Error);
    expect(await files.list(at.at('taken'))).toEqual(['inside']);
    expect(await files.readText(at.at('taken/inside'))).toBe('kept');
  });

  test.each([
    ['small', 0],
    ['large', 3 * MIB],
  ])('join the parts of a %s durable write in order', async (_size, extraBytes) => {
    await using at = await make();
    const { files } = at;
    await files.writeDurable(at.at('result'), [encoded('head '), new Uint8Array(extraBytes), encoded('tail')]);
    const written = await files.readBytes(at.at('result'));
    expect(written?.byteLength).toBe(9 + extraBytes);
    expect([textOf(written?.subarray(0, 5)), textOf(written?.subarray(-4))]).toEqual(['head ', 'tail']);
    expect(await files.stat(at.at('result'))).toMatchObject({ sizeBytes: 9 + extraBytes, isFolder: false });
  });

  test('give each reader bytes of its own', async () => {
    await using at = await make();
    const given = bytes(1, 2, 3);
    await at.files.writeAtomic(at.at('file'), given);
    given.fill(9);
    (await at.files.readBytes(at.at('file')))?.fill(8);
    expect([...((await at.files.readBytes(at.at('file'))) ?? [])]).toEqual([1, 2, 3]);
  });

  test('read a named file to its last allowed byte, byte order mark included', async () => {
    await using at = await make();
    const text = `\uFEFF${'ö'.repeat(510)}`;
    await at.files.writeAtomic(at.at('file'), text);
    expect(await at.files.readNamedText(at.at('file'), 1_023)).toBe(text);
    expect(await failureOf(at.files.readNamedText(at.at('file'), 1_022))).toMatchObject({
      code: 'file.unusable',
      message: `${at.at('file')} is larger than 1022 B`,
    });
  });

  test.each([
    ['the first line', [0xff, 0x0a, 0x61], 1],
    ['a later line', [0x61, 0x0a, 0x62, 0x0a, 0xc3, 0x28], 3],
    ['a character cut off at the end', [0x61, 0x0a, 0xe2, 0x82], 2],
  ])('refuse a named file that is not UTF-8 in %s, with the line', async (_where, content, line) => {
    await using at = await make();
    await at.files.writeAtomic(at.at('file'), bytes(...content));
    expect(await failureOf(at.files.readNamedText(at.at('file'), KIB))).toMatchObject({
      code: 'file.unusable',
      fields: { line },
    });
  });

  test('refuse a folder where a named file is meant', async () => {
    await using at = await make();
    await at.files.makeDir(at.at('folder'));
    await at.files.writeAtomic(at.at('folder/file'), 'x');
    expect(await failureOf(at.files.readNamedText(at.at('folder'), KIB))).toMatchObject({
      code: 'file.unusable',
      message: `${at.at('folder')} is no regular file`,
    });
  });

  test('a file is read in chunks, and a missing one fails on the first', async () => {
    await using at = await make();
    await at.files.writeDurable(at.at('big'), [new Uint8Array(MIB).fill(1), bytes(2)]);
    let [sizeBytes, last] = [0, 0];
    for await (const chunk of at.files.openRead(at.at('big'))) {
      sizeBytes += chunk.byteLength;
      last = chunk.at(-1) ?? 0;
    }
    expect([sizeBytes, last]).toEqual([MIB + 1, 2]);
    const missing = at.files.openRead(at.at('nothing'))[Symbol.asyncIterator]();
    expect(await failureOf(missing.next())).toMatchObject({ code: 'ENOENT' });
  });

  test('list a folder in order, rename it, and remove it with its content', async () => {
    await using at = await make();
    const { files } = at;
    await files.makeDir(at.at('jobs/more'));
    for (const name of ['b', 'a', 'more/c']) await files.writeAtomic(at.at(`jobs/${name}`), name);
    expect(await files.list(at.at('jobs'))).toEqual(['a', 'b', 'more']);
    expect(await files.stat(at.at('jobs'))).toMatchObject({ isFolder: true });
    await files.rename(at.at('jobs'), at.at('done'));
    expect(await files.list(at.at('jobs'))).toEqual([]);
    expect(await files.readText(at.at('done/more/c'))).toBe('more/c');
    await files.remove(at.at('done'));
    await files.remove(at.at('done'));
    expect(await files.stat(at.at('done'))).toBeUndefined();
  });

  test('tell one place from another, and from none at all', async () => {
    await using at = await make();
    const { files } = at;
    await files.makeDir(at.at('jobs'));
    await files.writeAtomic(at.at('jobs/a'), 'a');
    await files.writeAtomic(at.at('jobs/b'), 'a');
    expect(await files.isSamePlace(at.at('jobs'), at.at('jobs'))).toBe(true);
    expect(await files.isSamePlace(at.at('jobs/a'), at.at('jobs/a'))).toBe(true);
    expect(await files.isSamePlace(at.at('jobs/a'), at.at('jobs/b'))).toBe(false);
    expect(await files.isSamePlace(at.at('none'), at.at('none'))).toBe(false);
  });

  test('give the path that leads to a place without links, and none to nowhere', async () => {
    await using at = await make();
    await at.files.makeDir(at.at('jobs'));
    await at.files.writeAtomic(at.at('jobs/a'), 'a');
    const jobs = (await at.files.realPath(at.at('jobs'))) ?? '';
    expect(await at.files.realPath(at.at('jobs/a'))).toBe(`${jobs}/a`);
    expect(await at.files.readText(`${jobs}/a`)).toBe('a');
    for (const name of ['none', 'jobs/a/below']) expect(await at.files.realPath(at.at(name))).toBeUndefined();
  });

  test('replace the file that a rename leads to', async () => {
    await using at = await make();
    for (const name of ['from', 'to']) await at.files.writeAtomic(at.at(name), name);
    await at.files.rename(at.at('from'), at.at('to'));
    expect([await at.files.readText(at.at('from')), await at.files.readText(at.at('to'))]).toEqual([undefined, 'from']);
  });

  test('say how much is free where a path will be', async () => {
    await using at = await make();
    expect(await at.files.freeBytes(at.at('not/yet/there'))).toBeGreaterThan(MIB);
  });
});
