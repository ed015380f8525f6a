import { beforeAll, expect, test } from 'bun:test';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { voiceConfig } from '../../../../src/demo/weights/voice.ts';
import { findEspeakPrograms, openDictionary } from '../../../../src/engines/piper/binding.ts';
import { spokenEnglish } from '../../../../src/engines/piper/english/written.ts';
import { openPhonemes, type PhonemesOptions } from '../../../../src/engines/piper/open-phonemes.ts';
import { idsOf, type Phonemize, phonemesOf } from '../../../../src/engines/piper/phonemes.ts';
import { sentencesOf } from '../../../../src/engines/piper/sentences.ts';
import { readVoice, type Voice } from '../../../../src/engines/piper/voice.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { createAskProgram } from '../../../../src/system/process/ask-program.ts';
import { childEnvironment, processVariables } from '../../../../src/system/process/processes.ts';
import { runProgram } from '../../../../src/system/process/programs.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const { signal } = new AbortController();
const voiceOf = (about: object = {}): Voice => readVoice(JSON.stringify({ ...voiceConfig(), ...about }));
const alone: PhonemesOptions = {
  ask: createAskProgram(runProgram, systemClock),
  env: childEnvironment(processVariables()),
  findEspeakPrograms: () => [],
  openDictionary,
  warn: () => {},
};
const withEspeakNg = needs('espeak-ng');
const installed = findEspeakPrograms();

let english: Phonemize;
beforeAll(async () => {
  english = await openPhonemes('en-us', signal, alone);
});

/** What a voice is given for a text of one sentence, as one word. */
async function heard(text: string, voice = voiceOf(), phonemize = english): Promise<string> {
  const [sentence = []] = sentencesOf(text, voice.language);
  return (await phonemesOf(sentence, { voice, phonemize, signal })).join('').normalize('NFC');
}

test.each([
  ['hello', 'həlˈoʊ'],
  ['Hello, world!', 'həlˈoʊ, wˈɜːld!'],
  ['Really? Yes.', 'ɹˈiəli?'],
  ['It is ten: wait; no.', 'ɪɾ ɪz tˈɛn: wˈeɪt; nˈoʊ.'],
  ['Dr. Smith has 3.14 apples.', 'dˈɑːktɚ smˈɪθ hɐz θɹˈiː pˈɔɪnt wˈʌn fˈoːɹ ˈæpəlz.'],
  ['It costs $5.20.', 'ɪt kˈɔsts fˈaɪv dˈɑːlɚz ænd twˈɛnti sˈɛnts.'],
])('%j sounds like %p, with the marks of its pauses', async (text, phonemes) => {
  expect(await heard(text)).toBe(phonemes);
});

test.each([
  ['en-us', 'həlˈoʊ kˈɑːɹ'],
  ['en-gb', 'həlˈəʊ kˈɑː'],
  ['en', 'həlˈəʊ kˈɑː'],
  ['EN-GB-x-RP', 'həlˈəʊ kˈɑː'],
  ['gmw/en-US', 'həlˈoʊ kˈɑːɹ'],
])('a voice of %s pronounces its own English without espeak-ng', async (espeakVoice, phonemes) => {
  expect(await (await openPhonemes(espeakVoice, signal, alone))('hello car', signal)).toEqual([phonemes]);
});

withEspeakNg('English comes from the espeak-ng of a machine that has one', async () => {
  const phonemize = await openPhonemes('en-us', signal, { ...alone, findEspeakPrograms: () => installed });
  expect(await phonemize('sarcophagi', signal)).toEqual(['sɑːɹkˈɑːfəɡˌaɪ']);
});

test('English is spoken without a working espeak-ng, and the log says why', async () => {
  const warnings: unknown[] = [];
  const phonemize = await openPhonemes('en-us', signal, {
    ...alone,
    findEspeakPrograms: () => ['/bin/false'],
    warn: (event, fields) => void warnings.push([event, fields]),
  });
  expect(await phonemize('hello', signal)).toEqual(['həlˈoʊ']);
  expect(warnings).toEqual([
    ['espeak.passed-over', { path: '/bin/false', because: expect.stringContaining('exited with code 1') }],
  ]);
});

for (const [espeakVoice, language, text, phonemes] of [
  ['de', 'de_DE', 'Über die schöne Straße.', 'ˌyːbɜ diː ʃˈøːnə ʃtɾˈɑːsə.'],
  ['fr', 'fr_FR', 'Bonjour, monsieur.', 'bɔ̃ʒˈuʁ, məsjˈø.'],
] as const) {
  withEspeakNg(`a voice that speaks ${espeakVoice} gets its phonemes from this machine`, async () => {
    const voice = voiceOf(voiceConfig({ espeakVoice, language }));
    const phonemize = await openPhonemes(espeakVoice, signal, { ...alone, findEspeakPrograms: () => installed });
    expect(await heard(text, voice, phonemize)).toBe(phonemes);
  });
}

withEspeakNg('a word of another language is spoken without the name of that language', async () => {
  const voice = voiceOf(voiceConfig({ espeakVoice: 'fr', language: 'fr_FR' }));
  const phonemize = await openPhonemes('fr', signal, { ...alone, findEspeakPrograms: () => installed });
  expect(await phonemize('le weekend', signal)).toEqual([expect.stringContaining('(en)')]);
  expect(await heard('le weekend', voice, phonemize)).not.toMatch(/[()]/);
});

test('another language without espeak-ng is refused with what to install', async () => {
  expect(await failureOf(openPhonemes('de', signal, alone))).toMatchObject({
    code: 'native.unavailable',
    retryable: true,
    message: 'a voice that speaks de needs espeak-ng, which is not installed',
    hint: expect.stringContaining('sudo apt install espeak-ng'),
  });
});

test('an espeak-ng that lacks the language is refused when it is loaded', async () => {
  await using folder = await tempFolder();
  for (const path of [installed[0] ?? '/bin/false', '/bin/false', folder.at('nothing-here')]) {
    expect(
      await failureOf(openPhonemes('nonsense', signal, { ...alone, findEspeakPrograms: () => [path] })),
    ).toMatchObject({
      code: 'native.unavailable',
      message: "this machine's espeak-ng does not speak nonsense",
    });
  }
});

/** Runs something with these variables in place of those of the test. */
async function withVariables(variables: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

test('the operator’s espeak-ng is preferred to those on the PATH', async () => {
  await withVariables({ STUDIO_WORKER_ESPEAK_NG: '/opt/espeak-ng' }, async () => {
    expect(findEspeakPrograms()).toEqual(['/opt/espeak-ng']);
  });
  await withVariables({ STUDIO_WORKER_ESPEAK_NG: ' ' }, async () => {
    expect(findEspeakPrograms()).toEqual(installed);
  });
});

needs(POSIX)('an espeak-ng early on the PATH that does not run hides none behind it', async () => {
  await using folder = await tempFolder();
  const program = async (name: string, text: string, mode = 0o755): Promise<string> => {
    await mkdir(folder.at(name));
    await writeFile(folder.at(`${name}/espeak-ng`), text, { mode });
    return folder.at(`${name}/espeak-ng`);
  };
  await program('unreadable', '#!/bin/sh\nexit 1\n'); // an administrator may read it all the same
  await chmod(folder.at('unreadable'), 0);
  await program('not-to-be-run', '#!/bin/sh\necho hidden\n', 0o644);
  await mkdir(folder.at('a-folder/espeak-ng'), { recursive: true });
  await program('other-machine', '\u007fELF, of another machine');
  await program('no-interpreter', '#!/nowhere/sh\necho hidden\n');
  await program('failing', '#!/bin/sh\nexit 127\n');
  const speaking = await program('speaking', "#!/bin/sh\necho 'h@l\u02c8oU'\n");
  const folders = ['unreadable', 'not-to-be-run', 'a-folder', 'missing', 'other-machine', 'no-interpreter', 'failing'];
  const PATH = [...folders, 'speaking'].map((name) => folder.at(name)).join(':');
  await withVariables({ PATH, STUDIO_WORKER_ESPEAK_NG: '' }, async () => {
    expect(findEspeakPrograms().slice(-4)).toEqual([
      ...['other-machine', 'no-interpreter', 'failing'].map((name) => folder.at(`${name}/espeak-ng`)),
      speaking,
    ]);
    const phonemize = await openPhonemes('nb', signal, { ...alone, findEspeakPrograms });
    expect(await phonemize('hallo', signal)).toEqual(['h@l\u02c8oU']);
  });
  await chmod(folder.at('unreadable'), 0o700);
});

test('a text that is given up ends the espeak-ng that works on it', async () => {
  const abort = new AbortController();
  const reason = new Error('given up');
  const opening = openPhonemes('de', abort.signal, {
    ...alone,
    findEspeakPrograms: () => ['/bin/sleep'],
    ask: createAskProgram((_command, options) => {
      queueMicrotask(() => abort.abort(reason));
      return runProgram(['/bin/sleep', '60'], options);
    }, systemClock),
  });
  expect(await failureOf(opening)).toBe(reason);
});

test('a voice of letters is given the letters of the text, decomposed', async () => {
  const voice = voiceOf({ phoneme_type: 'text', espeak: undefined });
  const [sentence = []] = sentencesOf('Ça va?', 'fr');
  const nobody: Phonemize = () => Promise.reject(new Error('nobody asked for phonemes'));
  expect(await phonemesOf(sentence, { voice, phonemize: nobody, signal })).toEqual(Array.from('c\u0327a va?'));
});

test('phonemes that the voice respells are respelled', async () => {
  expect(await heard('hello', voiceOf({ phoneme_map: { ə: ['ɐ', 'ɐ'], h: [] } }))).toBe('ɐɐlˈoʊ');
});

test('ids stand between begin and end, each with the pad after it', () => {
  const voice = voiceOf({ phoneme_id_map: { _: [0], '^': [1], $: [2], a: [7], b: [8, 9], ' ': [3] } });
  expect(idsOf(['a', 'b', 'q'], voice)).toEqual({
    ids: [1, 0, 7, 0, 8, 9, 0, 2],
    audible: true,
    dropped: ['q'],
  });
  expect(idsOf([' ', '?', 'q'], voice)).toMatchObject({ audible: false });
});

test('whatever the phonemes, each has its ids or is counted as dropped', () => {
  const voice = voiceOf();
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...voice.ids.keys()), fc.string({ minLength: 1 }))), (phonemes) => {
      const { ids, dropped } = idsOf(phonemes, voice);
      expect(ids.length).toBe(3 + 2 * (phonemes.length - dropped.length));
      expect([ids[0], ids[1], ids.at(-1)]).toEqual([1, 0, 2]);
      expect(dropped.every((phoneme) => !voice.ids.has(phoneme))).toBe(true);
    }),
  );
});

test.each([
  ['It costs $1 or £1.01 or €1,000,000.', 'It costs 1 dollar or 1 pound and 1 penny or 1,000,000 euros.'],
  ['$3.5 million, $3.505 and $0.99', '3.5 million dollars, 3.505 dollars and 0 dollars and 99 cents'],
  ['Mr. and Mrs. Dursley, J. K. Rowling', 'Mr and Mrs Dursley, J K Rowling'],
  ['Spain vs. Italy, No. 4, 1999–2001', 'Spain versus Italy, number 4, 1999 to 2001'],
  ['on 2024-05-01 at 555-1234', 'on 2024-05-01 at 555-1234'],
  ['the U.S. is e.g. big', 'the U.S. is e.g. big'],
])('English %j is read as %j', (text, spoken) => {
  expect(spokenEnglish(text)).toBe(spoken);
});
