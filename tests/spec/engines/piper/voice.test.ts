import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { voiceConfig } from '../../../../src/demo/weights/voice.ts';
import { readVoice } from '../../../../src/engines/piper/voice.ts';

const config = voiceConfig({ speakers: ['ada', 'bob'] });
const read = (about: object = {}) => readVoice(JSON.stringify({ ...config, ...about }));

function problemOf(text: string): WorkerError {
  try {
    readVoice(text);
  } catch (thrown) {
    if (thrown instanceof WorkerError) return thrown;
  }
  throw new Error('the config was read');
}

test('a voice says its rate, its pace, its speakers and its language', () => {
  expect(read()).toMatchObject({
    sampleRate: 16_000,
    phonemesBy: { is: 'espeak', voice: 'en-us' },
    noise: 0.667,
    length: 1,
    lengthNoise: 0.8,
    speakerCount: 2,
    speakers: new Map([
      ['ada', 0],
      ['bob', 1],
    ]),
    language: 'en_US',
  });
});

test('what older voices leave out has the value that Piper gives it', () => {
  const old = { inference: undefined, phoneme_type: undefined, phoneme_map: undefined, num_speakers: undefined };
  const voice = read({ ...old, speaker_id_map: undefined, language: undefined, espeak: { voice: 'de' } });
  expect(voice).toMatchObject({ noise: 0.667, length: 1, lengthNoise: 0.8, speakerCount: 1, language: 'de' });
  expect(read({ inference: { length_scale: 1.2 } })).toMatchObject({ noise: 0.667, length: 1.2, lengthNoise: 0.8 });
});

test('what an exporter writes as null counts as left out', () => {
  const none = { inference: null, phoneme_type: null, phoneme_map: null, num_symbols: null, num_speakers: null };
  const voice = read({ ...none, speaker_id_map: null, language: null, espeak: { voice: 'de' } });
  expect(voice).toMatchObject({ noise: 0.667, length: 1, speakerCount: 1, language: 'de' });
  expect(read({ inference: { noise_scale: null, noise_w: null }, language: { code: null } })).toMatchObject({
    noise: 0.667,
    lengthNoise: 0.8,
    language: 'en-us',
  });
  expect(read({ phoneme_type: 'text', espeak: null })).toMatchObject({ phonemesBy: { is: 'text' } });
});

test.each(['PhonemeType.ESPEAK', 'espeak', 'ESPEAK'])(
  'a voice that writes its way to phonemes as %s is read',
  (how) => {
    expect(read({ phoneme_type: how }).phonemesBy).toEqual({ is: 'espeak', voice: 'en-us' });
  },
);

test('a voice that writes text as Python prints it is read', () => {
  expect(read({ phoneme_type: 'PhonemeType.TEXT' }).phonemesBy).toEqual({ is: 'text' });
});

test('a config that begins with a byte order mark is read', () => {
  expect(readVoice(`\uFEFF${JSON.stringify(config)}`)).toEqual(read());
});

test.each([
  ['nothing', '', 'not JSON'],
  ['a list', '[]', 'audio: is missing'],
  ['no rate', { audio: {} }, 'audio.sample_rate: is missing'],
  ['a rate of nothing', { audio: { sample_rate: 0 } }, 'audio.sample_rate: expected >=8000'],
  ['a rate beyond hearing', { audio: { sample_rate: 1e9 } }, 'audio.sample_rate: expected <=48000'],
  ['a pace of nothing', { inference: { length_scale: 0 } }, 'inference.length_scale: expected >=0.05'],
  ['a pace below nothing', { inference: { noise_w: -1 } }, 'inference.noise_w: expected >=0'],
  ['no phonemes', { phoneme_id_map: undefined }, 'phoneme_id_map: is missing'],
  ['no pad', { phoneme_id_map: { '^': [1], $: [2] } }, 'phoneme_id_map: expected ids for _, ^ and $'],
  ['ids that are none', { phoneme_id_map: { _: [-1], '^': [1], $: [2] } }, 'phoneme_id_map._'],
  ['a phoneme without ids', { phoneme_id_map: { _: [], '^': [1], $: [2] } }, 'expected a length >=1'],
  ['ids that the model has not', { num_symbols: 20 }, 'a phoneme has an id that is not below 20'],
  ['no espeak', { espeak: undefined }, 'espeak: is missing'],
  ['an option for espeak', { espeak: { voice: '-w/etc/x' } }, 'espeak.voice'],
  ['a device for espeak', { espeak: { voice: 'aux' } }, 'espeak.voice: expected no name of a device'],
  ['a path for espeak', { espeak: { voice: '../../etc/passwd' } }, 'espeak.voice: expected a voice of espeak'],
  ['a way to phonemes that is unknown', { phoneme_type: 'pinyin' }, 'phoneme_type: expected "espeak" or "text"'],
  ['a speaker beyond the last', { speaker_id_map: { eve: 2 } }, 'a speaker has number 2 of 2'],
  ['no speakers', { num_speakers: 0 }, 'num_speakers: expected >=1'],
] as const)('a config with %s is refused by the field that is wrong', (_what, about, problem) => {
  const error = problemOf(typeof about === 'string' ? about : JSON.stringify({ ...config, ...about }));
  expect(error).toMatchObject({ code: 'model.config-invalid', retryable: false });
  expect(error.message).toContain(problem);
});
