import { beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { openDictionary } from '../../../../../src/engines/piper/binding.ts';
import type { Accent } from '../../../../../src/engines/piper/english/accent.ts';
import { sayClause } from '../../../../../src/engines/piper/english/clause.ts';
import type { Dictionary } from '../../../../../src/engines/piper/english/dictionary.ts';

let dictionary: Dictionary;
beforeAll(async () => {
  dictionary = await openDictionary();
});
const say = (clause: string, accent: Accent = 'american'): string => sayClause(clause, dictionary, accent);

test.each([
  ['better water', 'bˈɛɾɚ wˈɔːɾɚ', 'bˈɛtə wˈɔːtə'],
  ['the button', 'ðə bˈʌʔn̩', 'ðə bˈʌtən'],
  ['four horses', 'fˈoːɹ hˈɔːɹsᵻz', 'fˈɔː hˈɔːsɪz'],
  ['a hot bath', 'ɐ hˈɑːt bˈæθ', 'ɐ hˈɒt bˈaθ'],
  ['new tunes', 'nˈuː tˈuːnz', 'njˈuː tjˈuːnz'],
  ['various stories', 'vˈɛɹiəs stˈoːɹiz', 'vˈeəɹiəs stˈɔːɹiz'],
])('%j differs between America and Britain as voices of both were trained', (clause, american, british) => {
  expect([say(clause), say(clause, 'british')]).toEqual([american, british]);
});

test.each([
  ['wanted houses', 'wˈɔntᵻd hˈaʊsᵻz'],
  ['about a banana', 'ɐbˌaʊt ɐ bɐnˈænə'],
  ['remember the decision', 'ɹᵻmˈɛmbɚ ðə dᵻsˈɪʒən'],
  ['impossible identity', 'ɪmpˈɑːsᵻbəl aɪdˈɛntᵻɾi'],
])('unstressed vowels of %j are those that their spelling calls for', (clause, phonemes) => {
  expect(say(clause)).toBe(phonemes);
});

test.each([
  ['in the house', 'ɪnðə hˈaʊs'],
  ['on the apple', 'ɔnðɪ ˈæpəl'],
  ['to eat', 'tʊ ˈiːt'],
  ['it is', 'ɪɾ ˈɪz'],
  ['what about him', 'wˌʌt ɐbˌaʊt hˈɪm'],
  ['what', 'wˈʌt'],
  ['what is this', 'wˌʌt ɪz ðˈɪs'],
  ['the river is wide', 'ðə ɹˈɪvɚɹ ɪz wˈaɪd'],
])('small words of %j are weak, and run into what follows', (clause, phonemes) => {
  expect(say(clause)).toBe(phonemes);
});

test('an r that British English drops comes back before a vowel', () => {
  expect(say('water in the car', 'british')).toBe('wˈɔːtəɹ ɪnðə kˈɑː');
});

test.each([
  ['googling', 'ɡˈuːɡlɪŋ'],
  ['skateboarders', 'skˈeɪtboːɹdɚz'],
  ["podcaster's", 'pˈɔːdkæstɚz'],
  ['blorft', 'blˈɑːɹft'],
])('%j is missing from the dictionary and pronounced by its parts or letters', (word, phonemes) => {
  expect(say(word)).toBe(phonemes);
});

test.each([
  ["the FBI's", 'ðɪ ˌɛfbˌiːˈaɪz'],
  ['NASA', 'nˈæsə'],
  ['in the US', 'ɪnðə jˌuːˈɛs'],
  ['tell us', 'tˈɛl ˌʌs'],
  ['HELLO WORLD', 'həlˈoʊ wˈɜːld'],
  ['U.S.', 'jˌuːˈɛs'],
  ['zxq', 'zˌiːˌɛkskjˈuː'],
  ['GPT4', 'dʒˌiːpˌiːtˈiː fˈoːɹ'],
])('%j is spelled out only where people spell it out', (clause, phonemes) => {
  expect(say(clause)).toBe(phonemes);
});

test.each([
  ['café', 'kɐfˈeɪ'],
  ['50% & more', 'fˈɪfti pɚsˈɛnt ænd mˈoːɹ'],
  ['5 km', 'fˈaɪv kɪlˈɑːmʌɾɚz'],
  ['Dr Smith', 'dˈɑːktɚ smˈɪθ'],
  ['-5', 'mˈaɪnəs fˈaɪv'],
  ['GitHub', 'ɡˈɪt hˈʌb'],
])('%j is read as what it stands for', (clause, phonemes) => {
  expect(say(clause)).toBe(phonemes);
});

test('letters of other alphabets are left as they are, for the voice to report', () => {
  expect(say('привет world')).toBe('привет wˈɜːld');
});

test('a word that JavaScript also defines on objects is spelled normally', () => {
  expect(say('constructor')).toBe('kənstɹˈʌktɚ');
});

test('every unknown word has a vowel with the main stress, whatever its letters', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{3,12}$/), (word) => {
      fc.pre(dictionary.find(word) === undefined);
      const phonemes = say(word);
      expect(phonemes.match(/ˈ(?=[aɐɑɒæeəɛɜɪiɔoʊuʌᵻ])/g)?.length).toBe(1);
      expect(phonemes.replaceAll('n̩', 'n')).toMatch(/^[aɐɑæeəɛɜɚɪiɔoʊuʌᵻːˈˌbdfhjklmnpstvwzðŋɡɹɾʃʒʔθ]+$/u);
    }),
  );
});

test('no text makes it fail', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => expect(say(text)).toBeString()));
});
