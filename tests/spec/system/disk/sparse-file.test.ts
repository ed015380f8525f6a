import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { openPartFile, partsAfter } from '../../../../src/system/disk/sparse-file.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

test('parts are written one after the other, wherever they belong', async () => {
  await using folder = await tempFolder();
  const path = folder.at('part');
  const file = await openPartFile(path);
  await file.write(4, [Uint8Array.of(5, 6), new Uint8Array(), Uint8Array.of(7)]);
  await file.write(0, [Uint8Array.of(1, 2)]);
  await file.write(7, []);
  expect([...(await file.read(4, 10))]).toEqual([5, 6, 7]);
  await file.close();
  expect([...(await readFile(path))]).toEqual([1, 2, 0, 0, 5, 6, 7]);
});

test('a file that is still being brought to the disk is closed after that', async () => {
  await using folder = await tempFolder();
  const file = await openPartFile(folder.at('part'));
  for (let at = 0; at < 64; at++) {
    await file.write(at, [Uint8Array.of(at)]);
    file.flushAlong();
  }
  await file.sync();
  file.flushAlong();
  await file.close();
  expect([...(await readFile(folder.at('part')))]).toEqual(Array.from({ length: 64 }, (_, at) => at));
});

test('what a disk took of some parts is not written again', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 6 }), fc.nat(60), (parts, doneBytes) => {
      const all = parts.flatMap((part) => [...part]);
      const left = partsAfter(parts, doneBytes);
      expect(left.flatMap((part) => [...part])).toEqual(all.slice(doneBytes));
      expect(left.every((part) => part.byteLength > 0)).toBe(true);
    }),
  );
});
