import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { foldedName, isDeviceName, isPlainFileName } from '../../../../src/base/foreign/file-name.ts';

const INVISIBLE = { blank: '\u200B', joiner: '\u200D', order: '\u202E', mark: '\uFEFF', hyphen: '\u00AD' };

test.each([
  'model.gguf',
  'z_image_turbo-Q4_K.gguf',
  '.hidden.onnx',
  'a b.gguf',
  'größe-模型(v2).bin',
  'console.gguf',
  'com10.bin',
  'nullmodel',
  'a~1.safetensors',
])('%j is one plain name on every system', (name) => {
  expect(isPlainFileName(name)).toBe(true);
});

test.each(['', '.', '..', '...', '../a', 'a/b', 'a\\b', '/etc/passwd', 'C:', 'a:b', 'a.gguf:$DATA', 'a*', 'a?', 'a|b'])(
  '%j could lead to another place, and is refused',
  (name) => {
    expect(isPlainFileName(name)).toBe(false);
  },
);

test.each(['bin.', 'bin ', 'bin. .', 'sd-cli.exe.', 'a\u00A0', 'a\u2026'])(
  '%j ends with what Windows drops, and is refused',
  (name) => {
    expect(isPlainFileName(name)).toBe(false);
  },
);

const DEVICES =
  'CON prn aux.gguf NUL nul.tar.gz com1 COM0.bin lpt9.onnx conin$ CONOUT$ clock$ LPT¹ com².gguf COM³ ｎｕｌ.bin ＣＯＮ';
test.each(DEVICES.split(' ').concat('aux .gguf'))('%j opens a device on Windows, and is refused', (name) => {
  expect(isDeviceName(name)).toBe(true);
  expect(isPlainFileName(name)).toBe(false);
});

test.each(['a\uFF0Fb', 'a\uFF3Cb', 'a\uFF1Ab', '\uFF0E\uFF0E', 'a\uFF0A', '\u2025'])(
  '%j is a separator, a stream or dots to some program, and is refused',
  (name) => {
    expect(isPlainFileName(name)).toBe(false);
  },
);

test.each(
  Object.values(INVISIBLE)
    .map((sign) => `a${sign}b`)
    .concat('a\0b', 'x\n', '\u007F', 'a\u2028b', 'a\uD800'),
)('%j holds what nobody sees, and is refused', (name) => {
  expect(isPlainFileName(name)).toBe(false);
});

test('a short 8.3 Windows name is rejected, a long name with a tilde accepted', () => {
  expect(['PROGRA~1', 'sd-cli~2.exe', 'MODEL~1.GGU'].map(isPlainFileName)).toEqual([false, false, false]);
  expect(isPlainFileName('my-models~1.gguf')).toBe(true);
});

test('a name is bounded in bytes, as file systems count them', () => {
  expect(isPlainFileName('ä'.repeat(120))).toBe(true);
  expect(isPlainFileName('ä'.repeat(121))).toBe(false);
});

test.each([
  ['bin.', 'bin'],
  ['BIN ', 'bin'],
  ['ｂｉｎ', 'bin'],
  ['b\u200Bin', 'bin'],
  ['A.GGUF', 'a.gguf'],
  ['caſe.bin', 'case.bin'],
  ['\u212A.bin', 'k.bin'],
  ['straße', 'STRASSE'],
  ['cafe\u0301', 'café'],
  ['ﬁle', 'file'],
])('%j and %j may be one file, so they fold to one name', (a, b) => {
  expect(foldedName(a)).toBe(foldedName(b));
});

test('names of different letters stay different names', () => {
  expect(new Set(['a.gguf', 'b.gguf', 'а.gguf', 'a-gguf', 'a.gguf2'].map(foldedName)).size).toBe(5);
});

test('whatever is a plain name holds no separator after any of the foldings', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      if (!isPlainFileName(name)) return;
      for (const form of [name, foldedName(name), name.normalize('NFD'), name.normalize('NFKC')]) {
        expect(form).not.toMatch(/[/\\:]|^\.*$/);
      }
    }),
  );
});

test('a name folds alike in capitals and in small letters', () => {
  const everyLetter = Array.from({ length: 0x1_fffd }, (_, code) => String.fromCodePoint(code)).filter((letter) =>
    /\p{L}/u.test(letter),
  );
  expect(everyLetter.length).toBeGreaterThan(10_000);
  const unsteady = everyLetter.filter((letter) => foldedName(letter.toUpperCase()) !== foldedName(letter));
  expect(unsteady).toEqual([]);
  expect(everyLetter.filter((letter) => foldedName(foldedName(letter)) !== foldedName(letter))).toEqual([]);
});
