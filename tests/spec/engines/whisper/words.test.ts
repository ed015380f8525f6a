import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { languageOf, languagesOf } from '../../../../src/engines/media/languages.ts';
import { repairText, type Segment, segmentsOf, wordsOf } from '../../../../src/engines/whisper/words.ts';

/** Pieces of a second each, one behind the other. */
const pieces = (...texts: readonly string[]): readonly Segment[] =>
  texts.map((text, at) => ({ text, start: at, end: at + 1 }));
const textsOf = (said: readonly Segment[]): readonly string[] => said.map(({ text }) => text);

test('pieces become words at their spaces, with the time of all of them', () => {
  expect(wordsOf(pieces('', ' un', 'believ', 'able', ',', ' she', ' said', '.'))).toEqual([
    { text: ' unbelievable,', start: 1, end: 5 },
    { text: ' she', start: 5, end: 6 },
    { text: ' said.', start: 6, end: 8 },
  ]);
});

test('in scripts without spaces each piece is a word, and marks stay with theirs', () => {
  expect(textsOf(wordsOf(pieces('今日', 'は', '。', 'いい')))).toEqual(['今日', 'は。', 'いい']);
});

test('words become segments at the end of a sentence and at a pause', () => {
  const words = [
    { text: ' Hello', start: 0, end: 0.4 },
    { text: ' there.', start: 0.4, end: 0.9 },
    { text: ' How', start: 1, end: 1.2 },
    { text: ' so', start: 3, end: 3.5 },
  ];
  expect(segmentsOf(words)).toEqual([
    { text: ' Hello there.', start: 0, end: 0.9 },
    { text: ' How', start: 1, end: 1.2 },
    { text: ' so', start: 3, end: 3.5 },
  ]);
});

test('pieces of one character become one piece, with the character that the whole has', () => {
  const broken = pieces(' a', ' \ufffd', '\ufffd', ' b', '\ufffd');
  expect(repairText(broken, ' a 🦊 b€')).toEqual([
    { text: ' a', start: 0, end: 1 },
    { text: ' 🦊', start: 1, end: 3 },
    { text: ' b', start: 3, end: 4 },
    { text: '€', start: 4, end: 5 },
  ]);
});

test('words keep the whole text however its bytes are cut', () => {
  const texts = fc.array(fc.constantFrom(' fox', ' über', ' 🦊', '狐', 'です', ' naïve', '.', ' €5'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 60, maxLength: 60 }), (parts, sizes) => {
      const whole = parts.join('');
      const bytes = Buffer.from(whole);
      const cut: string[] = [];
      for (let at = 0, index = 0; at < bytes.length; index++) {
        const size = sizes[index] ?? 1;
        cut.push(bytes.subarray(at, at + size).toString());
        at += size;
      }
      const words = wordsOf(repairText(pieces(...cut), whole));
      expect(textsOf(words).join('')).toBe(whole);
      expect(textsOf(segmentsOf(words)).join('')).toBe(whole);
      for (const { start, end } of words) expect(end).toBeGreaterThan(start);
    }),
    { numRuns: 200 },
  );
});

test('a language is known by the first part of its tag', () => {
  expect(['en', 'DE', 'pt-BR', 'zh_Hans', ' fr '].map(languageOf)).toEqual(['en', 'de', 'pt', 'zh', 'fr']);
  expect(
    ['', 'tlh', 'xx', 'e', '-', 'constructor', 'modern', 'language', ';', 'Crimean Tatar'].map(languageOf),
  ).toEqual(Array.from({ length: 10 }));
});

test.each([
  ['no', ['nb', 'nb-NO', 'nob', 'nor', 'Norwegian', 'Norwegian Bokmål']],
  ['nn', ['nn-NO', 'nynorsk', 'Norwegian Nynorsk']],
  ['he', ['iw', 'iw-IL', 'heb', 'hebrew']],
  ['jw', ['jv', 'jv-ID', 'jav', 'Javanese']],
  ['id', ['in', 'in_ID', 'ind', 'Indonesian']],
  ['tl', ['fil', 'fil-PH', 'tgl', 'Filipino', 'Tagalog']],
  [
    'zh',
    [
      'cmn',
      'cmn-Hans-CN',
      'zh-cmn',
      'zho',
      'chi',
      'Chinese',
      'Mandarin',
      'Chinese (Simplified)',
      'Mandarin Chinese',
      'Simplified Chinese',
    ],
  ],
  ['yue', ['yue-HK', 'zh-yue', 'Cantonese']],
  ['bn', ['bn-IN', 'ben', 'Bangla', 'Bengali']],
  ['sr', ['sh', 'hbs', 'cnr', 'srp', 'sr-Latn', 'Serbian', 'Serbo-Croatian']],
  ['yi', ['ji', 'yid', 'Yiddish']],
  ['de', ['deu', 'ger', 'German', 'de-AT']],
  ['en', ['eng', 'english', 'ENGLISH ', 'American English', 'British English']],
  ['ro', ['mo', 'ron', 'rum', 'Moldavian', 'Romanian; Moldavian; Moldovan']],
  ['pt', ['por', 'Brazilian Portuguese', 'European Portuguese']],
  ['es', ['spa', 'Spanish; Castilian', 'Latin American Spanish']],
  ['el', ['ell', 'gre', 'Greek, Modern', 'Modern Greek']],
  ['km', ['khm', 'Central Khmer']],
  ['ms', ['zsm', 'Malay (macrolanguage)', 'Bahasa Melayu']],
  ['fa', ['prs', 'per', 'Farsi']],
  ['ht', ['hat', 'Haitian Creole']],
])('%s is the language behind its other codes and English names', (code, others) => {
  expect(others.map(languageOf)).toEqual(others.map(() => code));
});

test('a model knows the languages that its tokens are for', () => {
  expect(languagesOf(51_864)).toEqual(['en']);
  expect([languagesOf(51_865).length, languagesOf(51_865).at(-1)]).toEqual([99, 'su']);
  expect([languagesOf(51_866).length, languagesOf(51_866).at(-1)]).toEqual([100, 'yue']);
});
