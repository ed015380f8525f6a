import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { printJson, printTable, tableLines } from '../../../src/cli/output.ts';
import { cutToWidth, onOneLine, padToWidth, textWidth } from '../../../src/cli/view/text-width.ts';
import { toHttpUrl, toNumber } from '../../../src/cli/args/values.ts';
import { aScreen } from './a-world.ts';

const TABLE = {
  columns: ['name', 'text'],
  rows: [
    ['ゴーレム', 'stone'],
    ['café', 'a\nb\u001B[31mred'],
    ['🙂', ''],
  ],
};

describe('tables', () => {
  test('columns line up for wide letters, accents and emoji', () => {
    expect(tableLines(TABLE)).toEqual(['name      text', 'ゴーレム  stone', 'café      a bred', '🙂']);
  });

  test('a terminal cuts lines where the screen ends, a pipe does not', () => {
    const narrow = aScreen({ isTty: true, columns: 12 });
    printTable(narrow.terminal, TABLE);
    expect(narrow.out().split('\n')[1]).toBe('ゴーレム  s…');
    const pipe = aScreen({ columns: 12 });
    printTable(pipe.terminal, TABLE);
    expect(pipe.out().split('\n')[1]).toBe('ゴーレム  stone');
  });

  test('only a screen with colours gets a bold head', () => {
    const colourful = aScreen({ colourDepth: 24 });
    const plain = aScreen();
    for (const { terminal } of [colourful, plain]) printTable(terminal, TABLE);
    expect(colourful.out()).toStartWith('\u001B[1mname');
    expect(plain.out()).not.toContain('\u001B');
  });
});

describe('JSON', () => {
  test('keeps key order and all digits, and leaves absent fields out', () => {
    const screen = aScreen();
    printJson(screen.terminal, { z: 18446744073709551615n, a: undefined, b: [1] });
    expect(screen.out()).toBe('{\n  "z": 18446744073709551615,\n  "b": [\n    1\n  ]\n}\n');
  });

  test('fits on one line for streams', () => {
    const screen = aScreen();
    printJson(screen.terminal, { a: 1 }, 0);
    expect(screen.out()).toBe('{"a":1}\n');
  });
});

describe('text', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', 'e\u0301', '界', '🙂', ' '), maxLength: 30 });

  test('cut text never takes more columns than it may', () => {
    fc.assert(
      fc.property(text, fc.nat(20), (words, columns) => {
        expect(textWidth(cutToWidth(words, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  test('padded text takes exactly its columns when it fits', () => {
    fc.assert(
      fc.property(text, fc.nat(80), (words, more) => {
        const columns = textWidth(words) + more;
        expect(textWidth(padToWidth(words, columns))).toBe(columns);
      }),
    );
  });

  test('foreign text cannot move the cursor or reorder the line', () => {
    const hostile = '\u001B]0;title\u0007a\u001B[2Jb\r\nc\u202Ed\u009Be';
    expect(onOneLine(hostile)).toBe('ab c d e');
  });
});

describe('values', () => {
  test.each(['', ' ', '0x10', '1e999', 'NaN', '1.5', '65536', '-1'])('"%s" is no port', (given) => {
    expect(() => toNumber('--port', given, { min: 0, max: 65_535, whole: true })).toThrow(
      `--port is "${given}"; allowed: a whole number from 0 to 65535`,
    );
  });

  test('a lower bound alone is named alone', () => {
    expect(() => toNumber('--seconds', '-1', { min: 0 })).toThrow('allowed: a number of at least 0');
  });

  test('an address is passed on exactly as it was written', () => {
    expect(toHttpUrl('--url', 'https://studio.example/a/')).toBe('https://studio.example/a/');
  });
});
