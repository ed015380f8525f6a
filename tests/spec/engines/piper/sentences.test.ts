import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { MAX_SENTENCE_CHARACTERS, type SpokenSentence, sentencesOf } from '../../../../src/engines/piper/sentences.ts';

/** As one would write it down: clauses with their marks. */
const written = (sentence: SpokenSentence): string => sentence.map(({ words, mark }) => words + mark).join(' ');
const cut = (text: string, language?: string): readonly string[] => sentencesOf(text, language).map(written);

test.each([
  ['One. Two? Three!', ['One.', 'Two?', 'Three!']],
  ['It is 3.14, not 1,000. Or 10:30?', ['It is 3.14, not 1,000.', 'Or 10:30?']],
  ['Dr. Smith met Mrs. Jones. They left.', ['Dr. Smith met Mrs. Jones.', 'They left.']],
  ['J. R. R. Tolkien wrote it. I read it.', ['J. R. R. Tolkien wrote it.', 'I read it.']],
  ['Bring fruit, e.g. Apples. Now.', ['Bring fruit, e.g. Apples.', 'Now.']],
  ['What?! No... Yes', ['What?', 'No.', 'Yes']],
  ['He said: "stop; wait, please!" Ann left', ['He said: "stop; wait, please!', 'Ann left']],
  ['the end — or not – who knows', ['the end, or not, who knows']],
  ['a line\nthat goes on\n\nA new paragraph', ['a line that goes on', 'A new paragraph']],
  ['日本語です。元気ですか？はい、そう。', ['日本語です.', '元気ですか?', 'はい, そう.']],
  ['See https://example.com/a?b=1 now. Good.', ['See https://example.com/a?b=1 now.', 'Good.']],
  ['Ask me@example.com!Now. Version 2.0.1.Final is here', ['Ask me@example.com!Now.', 'Version 2.0.1.Final is here']],
  ['Open /a.b/C.d?E!F', ['Open /a.b/C.d?E!F']],
  ['你好!再见?好', ['你好!', '再见?', '好']],
  ['... !!! —', []],
  ['', []],
] as const)('%j is spoken as %j', (text, sentences) => {
  expect(cut(text, 'en_US')).toEqual([...sentences]);
});

test('“3.” is an ordinal in German and ends a sentence in English', () => {
  expect(cut('Am 3. Mai kam Dr. Müller. Gut.', 'de_DE')).toEqual(['Am 3. Mai kam Dr. Müller.', 'Gut.']);
  expect(cut('There were 3. Two left.', 'en')).toEqual(['There were 3.', 'Two left.']);
});

test('a language that nobody knows is cut by the general rules', () => {
  expect(cut('One. Two.', 'no such language')).toEqual(['One.', 'Two.']);
});

test('an overlong sentence is cut at its last pause or between words', () => {
  const clause = `${'word '.repeat(59)}word, `;
  expect(cut(clause.repeat(2)).map((part) => part.length)).toEqual([300, 300]);
  for (const part of cut('word '.repeat(500))) expect(part).toMatch(/^word( word)*$/);
});

test('every letter of any text is spoken once, in order, in short sentences', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('. ', ', ', '\n\n', ' — ', 'Dr. ', '3.14 ', 'long '.repeat(100), 'x'.repeat(450), '。', '😀'),
  );
  const letters = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]+/gu, '');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom('en', 'de', 'ja', undefined),
      (pieces, language) => {
        const text = pieces.join('');
        const sentences = sentencesOf(text, language);
        const words = sentences.flatMap((sentence) => sentence.map((clause) => clause.words));
        expect(letters(words.join(''))).toBe(letters(text));
        for (const sentence of sentences) {
          expect(sentence.length).toBeGreaterThan(0);
          expect(written(sentence).length).toBeLessThanOrEqual(2 * MAX_SENTENCE_CHARACTERS);
          for (const { words: spoken, mark } of sentence) {
            expect(spoken.length).toBeLessThanOrEqual(MAX_SENTENCE_CHARACTERS);
            expect(mark).toMatch(/^[.,:;!?]?$/);
          }
        }
      },
    ),
  );
});
