import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readZip } from '../../../../src/system/native/zip.ts';
import { makeZip } from '../../../fakes/system/zip.ts';

const ARCHIVE = makeZip({
  'build/bin/sd-cli': { text: 'program '.repeat(50), mode: 0o100_755 },
  'build/': { text: '' },
  '../../etc/passwd': { text: 'root', stored: true },
  'a\\b.dll': { text: 'library' },
  link: { text: '/etc/passwd', mode: 0o120_777 },
});
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('files come out by the last part of their names, with their rights', () => {
  const files = readZip(ARCHIVE, 10_000).map(({ name, mode, bytes }) => [name, mode, textOf(bytes)]);
  expect(files).toEqual([
    ['sd-cli', 0o755, 'program '.repeat(50)],
    ['passwd', 0o644, 'root'],
    ['b.dll', 0o644, 'library'],
  ]);
});

test.each(['bin/sd-cli.exe.', 'aux.dll', 'a:b', '..'])('an archive with a file %j is refused', (name) => {
  expect(() => readZip(makeZip({ [name]: { text: 'x' } }), 100)).toThrow('a file of the archive is called');
});

test('an archive that unpacks to more than allowed is refused', () => {
  expect(() => readZip(ARCHIVE, 400)).toThrow('the archive unpacks to more than it should');
});

test('an archive that was cut anywhere is refused', () => {
  fc.assert(
    fc.property(fc.nat(ARCHIVE.byteLength - 1), (end) => {
      expect(() => readZip(ARCHIVE.subarray(0, end), 10_000)).toThrow(RangeError);
    }),
  );
});

test('a byte that changed in a file is noticed', () => {
  const damaged = Uint8Array.from(ARCHIVE);
  const at = textOf(ARCHIVE).indexOf('root');
  damaged[at] = 0x52;
  expect(() => readZip(damaged, 10_000)).toThrow('a file of the archive is damaged');
});
