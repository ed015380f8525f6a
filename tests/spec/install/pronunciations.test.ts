import { expect, test } from 'bun:test';
import { entries } from '../../../install/pronunciations.ts';
import { openDictionary } from '../../../src/engines/piper/binding.ts';

test('every word of the CMU dictionary is in ours, with its own phonemes', async () => {
  const dictionary = await openDictionary();
  const all = entries();
  const wrong = all.filter(([word, phonemes]) => dictionary.find(word)?.flat().join(' ') !== phonemes.join(' '));
  expect(all.length).toBeGreaterThan(120_000);
  // Fewer than one in a thousand has more phonemes than its letters can carry, such as `aaa` for `triple a`.
  expect(wrong.map(([word]) => word).filter((word) => dictionary.find(word) !== undefined)).toEqual([]);
  expect(wrong.length).toBeLessThan(all.length / 1000);
});

test('a word missing from the dictionary is read by its letters', async () => {
  const dictionary = await openDictionary();
  expect(dictionary.find('blorft')).toBeUndefined();
  expect(
    dictionary
      .guess('shing')
      .flat()
      .map((phoneme) => phoneme.replace(/\d/, '')),
  ).toEqual(['SH', 'IH', 'NG']);
});
