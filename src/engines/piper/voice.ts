import * as v from 'valibot';
import { WorkerError } from '../../base/errors.ts';
import { isPlainFileName } from '../../base/foreign/file-name.ts';
import { readJson } from '../../contract/read.ts';

/*
 * The `.onnx.json` file that comes with a Piper voice (rhasspy/piper, TRAINING.md and `VoiceConfig`). It is somebody
 * else's file and decides what a native library is given, so that every number of it has bounds.
 */

/** Ids that stand around and between phonemes; no voice is without them. */
export const [PAD, BEGIN, END] = ['_', '^', '$'] as const;

/** From telephone quality to what a studio records in. */
const SampleRate = v.pipe(v.number(), v.integer(), v.minValue(8_000), v.maxValue(48_000));
const Noise = v.pipe(v.number(), v.minValue(0), v.maxValue(4));
const Length = v.pipe(v.number(), v.minValue(0.05), v.maxValue(20));
const Id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const Text = v.pipe(v.string(), v.maxLength(64));
const ESPEAK_VOICE = /^[A-Za-z0-9][A-Za-z0-9_+-]{0,31}(\/[A-Za-z0-9][A-Za-z0-9_+-]{0,31})?$/;
/** It is handed to a program as an argument, where it must neither be an option nor a path out of the voices. */
const EspeakVoice = v.pipe(
  v.string(),
  v.check((voice) => ESPEAK_VOICE.test(voice), 'expected a voice of espeak, such as en-us'),
  v.check((voice) => voice.split('/').every(isPlainFileName), 'expected no name of a device'),
);
/** Some exporters write the name that Python prints for it: `PhonemeType.ESPEAK`. */
const PhonemeType = v.pipe(
  v.string(),
  v.transform((name) => name.replace(/^PhonemeType\./, '').toLowerCase()),
  v.picklist(['espeak', 'text']),
);
const MAX_PHONEMES = 4096;
const MAX_SPEAKERS = 0xffff;

const FEW = 'expected fewer entries';
const few = (record: object): boolean => Object.keys(record).length <= MAX_SPEAKERS;

/** What an exporter has no value for it leaves out or, as Python does, writes as null. */
const VoiceSchema = v.object({
  audio: v.object({ sample_rate: SampleRate }),
  espeak: v.nullish(v.object({ voice: EspeakVoice })),
  inference: v.nullish(
    v.object({
      noise_scale: v.nullish(Noise, 0.667),
      length_scale: v.nullish(Length, 1),
      noise_w: v.nullish(Noise, 0.8),
    }),
    {},
  ),
  phoneme_type: v.nullish(PhonemeType, 'espeak'),
  phoneme_map: v.nullish(
    v.pipe(
      v.record(Text, v.pipe(v.array(Text), v.maxLength(16))),
      v.check((map) => few(map), FEW),
    ),
    {},
  ),
  phoneme_id_map: v.pipe(
    v.record(Text, v.pipe(v.array(Id), v.minLength(1), v.maxLength(16))),
    v.check((map) => Object.keys(map).length <= MAX_PHONEMES, `expected at most ${MAX_PHONEMES} phonemes`),
    v.check((map) => [PAD, BEGIN, END].every((mark) => Object.hasOwn(map, mark)), 'expected ids for _, ^ and $'),
  ),
  num_symbols: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0x1_0000)), 0x1_0000),
  num_speakers: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SPEAKERS)), 1),
  speaker_id_map: v.nullish(
    v.pipe(
      v.record(v.string(), Id),
      v.check((map) => few(map), FEW),
    ),
    {},
  ),
  language: v.nullish(v.object({ code: v.nullish(Text) })),
});

/** What a voice declares about itself. */
export interface Voice {
  readonly sampleRate: number;
  /** Whether its phonemes are espeak's, by this voice of espeak, or the letters of the text themselves. */
  readonly phonemesBy: { readonly is: 'espeak'; readonly voice: string } | { readonly is: 'text' };
  /** Phonemes that this voice writes otherwise. */
  readonly respelled: ReadonlyMap<string, readonly string[]>;
  readonly ids: ReadonlyMap<string, readonly number[]>;
  readonly noise: number;
  /** How long phonemes are, 1 being the voice's own pace. */
  readonly length: number;
  /** How much their lengths vary. */
  readonly lengthNoise: number;
  readonly speakerCount: number;
  /** Names of speakers, with their numbers. */
  readonly speakers: ReadonlyMap<string, number>;
  /** As a language tag or espeak's name of it; undefined when it does not say. */
  readonly language: string | undefined;
}

/**
 * Reads a voice's config.
 *
 * @throws WorkerError `model.config-invalid` with the fields that are wrong
 */
export function readVoice(text: string): Voice {
  const read = readJson(VoiceSchema, text);
  if (read.is === 'unreadable') throw invalidConfig(read.problem);
  const { audio, espeak, inference, phoneme_type, phoneme_map, phoneme_id_map, language, ...declared } = read.value;
  const espeakVoice = espeak?.voice;
  if (phoneme_type === 'espeak' && espeakVoice === undefined) throw invalidConfig('espeak: is missing');
  if (
    Object.values(phoneme_id_map)
      .flat()
      .some((id) => id >= declared.num_symbols)
  ) {
    throw invalidConfig(`phoneme_id_map: a phoneme has an id that is not below ${declared.num_symbols}`);
  }
  const speakers = new Map(Object.entries(declared.speaker_id_map));
  const stray = [...speakers].find(([, id]) => id >= declared.num_speakers);
  if (stray !== undefined)
    throw invalidConfig(`speaker_id_map: a speaker has number ${stray[1]} of ${declared.num_speakers}`);
  return {
    sampleRate: audio.sample_rate,
    phonemesBy:
      phoneme_type === 'text' || espeakVoice === undefined ? { is: 'text' } : { is: 'espeak', voice: espeakVoice },
    respelled: new Map(Object.entries(phoneme_map)),
    ids: new Map(Object.entries(phoneme_id_map)),
    noise: inference.noise_scale ?? 0.667,
    length: inference.length_scale ?? 1,
    lengthNoise: inference.noise_w ?? 0.8,
    speakerCount: declared.num_speakers,
    speakers,
    language: language?.code ?? espeakVoice,
  };
}

/** What is wrong with a voice's config, as an error. */
export const invalidConfig = (problem: string, cause?: unknown): WorkerError =>
  new WorkerError('model.config-invalid', `the voice's config cannot be used: ${problem}`, {
    cause,
    hint: 'Offer the voice with the .onnx.json file that belongs to it, as a file of role `config`.',
  });
