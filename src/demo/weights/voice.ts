import { INT64, OnnxGraph } from './onnx.ts';

/*
 * A voice of a few kilobytes with Piper's inputs and output. Each phoneme is a hum of three formants of its own, so that
 * it sounds like speech from another room: loud enough, as long as it should be, and without words.
 */

const SAMPLE_RATE = 16_000;
const PHONEME_SECONDS = 0.07;
/** Each phoneme swells and fades, so that their seams do not click. */
const FADE_SAMPLES = 80;
const FORMANTS = 3;
const TURN = 2 * Math.PI;
/** In Hz, as people speak. */
const LOWEST_PITCH = 110;
const PITCH_SPAN = 90;

/** What has an id and no length: pad, beginning, end, and what only marks another phoneme. */
const UNSPOKEN = ['_', '^', '$', 'ˈ', 'ˌ', 'ː'] as const;
const SILENT = [' ', '.', ',', '?', '!', ':', ';'] as const;

type Sound = readonly [phonemes: string, hz: readonly [number, number, number], loudness: number, voiced: boolean];

/** Formants in Hz, after Peterson and Barney (1952) where they have the vowel; noises are high and unvoiced. */
const SOUNDS: readonly Sound[] = [
  ['iyj', [270, 2290, 3010], 1, true],
  ['ɪᵻ', [390, 1990, 2550], 1, true],
  ['eø', [430, 2020, 2500], 1, true],
  ['ɛœ', [530, 1840, 2480], 1, true],
  ['æ', [660, 1720, 2410], 1, true],
  ['aɑɒ', [730, 1090, 2440], 1, true],
  ['ɐʌ', [640, 1190, 2390], 1, true],
  ['ɔ', [570, 840, 2410], 1, true],
  ['oʊ', [440, 1020, 2240], 1, true],
  ['uw', [300, 870, 2240], 1, true],
  ['ə', [500, 1500, 2500], 0.8, true],
  ['ɜɚɹr', [490, 1350, 1690], 0.9, true],
  ['mnŋl', [250, 1100, 2200], 0.6, true],
  ['bdɡɾ', [200, 900, 1800], 0.4, true],
  ['vðzʒ', [220, 2800, 3600], 0.4, true],
  ['fθh', [1800, 3300, 5100], 0.15, false],
  ['sʃçx', [2900, 4300, 5900], 0.25, false],
  ['ptkʔ', [700, 1700, 2900], 0.15, false],
];

const SYMBOLS = [...UNSPOKEN, ...SILENT, ...SOUNDS.flatMap(([phonemes]) => Array.from(phonemes))];

export interface VoiceModel {
  /** Names; their places are their numbers, and each has a pitch of its own. One nameless speaker when left out. */
  readonly speakers?: readonly string[];
  /** Makes the voice return what is no number. */
  readonly broken?: boolean;
}

const soundOf = (symbol: string): Sound | undefined => SOUNDS.find(([phonemes]) => phonemes.includes(symbol));
/** What the voice knows of each symbol: its formants, how loud it is of full scale, and whether the throat hums to it. */
const FORMANTS_HZ = SYMBOLS.flatMap((symbol) => soundOf(symbol)?.[1] ?? [0, 0, 0]);
const LOUDNESS = SYMBOLS.map((symbol) => 0.3 * (soundOf(symbol)?.[2] ?? 0));
const VOICED = SYMBOLS.map((symbol) => (soundOf(symbol)?.[3] === true ? 1 : 0));

/** The voice's `.onnx` file. */
export function voiceModel({ speakers = [], broken = false }: VoiceModel = {}): Uint8Array {
  const graph = new OnnxGraph();
  const whole = (...values: number[]): string => graph.constant(values, { type: INT64 });
  const ids = graph.node('Reshape', [graph.input('input', [1, 'phonemes'], INT64), whole(-1)]);
  graph.input('input_lengths', [1], INT64);
  const scales = graph.input('scales', [3]);
  const speaker = speakers.length < 2 ? whole(0) : graph.input('sid', [1], INT64);

  const spoken = graph.node('Compress', [ids, graph.node('Greater', [ids, whole(UNSPOKEN.length - 1)])]);
  const of = (table: readonly number[], width: number): string => {
    const rows = graph.constant(table, { dims: [SYMBOLS.length, width] });
    return graph.node('Unsqueeze', [graph.node('Gather', [rows, spoken], { axis: 0 }), whole(2)]);
  };
  const hz = of(FORMANTS_HZ, FORMANTS);
  const loudness = of(LOUDNESS, 1);
  const voiced = of(VOICED, 1);

  const scale = graph.node('Slice', [scales, whole(1), whole(2)]);
  const samples = graph.node('Ceil', [graph.node('Mul', [scale, graph.constant([SAMPLE_RATE * PHONEME_SECONDS])])]);
  const number = (value: number): string => graph.constant([value], { dims: [] });
  const at = graph.node('Range', [number(0), graph.node('Squeeze', [samples, whole(0)]), number(1)]);
  const turns = graph.node('Mul', [at, number(TURN / SAMPLE_RATE)]);

  const tones = graph.node('Sin', [graph.node('Mul', [hz, turns])]);
  const hum = graph.node('ReduceSum', [graph.node('Mul', [tones, loudness]), whole(1)], { keepdims: 0 });
  const pitches = graph.constant(pitchesOf(speakers));
  const pulse = graph.node('Cos', [graph.node('Mul', [turns, graph.node('Gather', [pitches, speaker])])]);
  const throat = graph.node('Mul', [
    graph.node('Mul', [graph.node('Add', [pulse, number(-1)]), number(0.5)]),
    graph.node('Squeeze', [voiced, whole(2)]),
  ]);
  const swell = graph.node('Min', [
    number(1),
    graph.node('Div', [at, number(FADE_SAMPLES)]),
    graph.node('Div', [graph.node('Sub', [samples, at]), number(FADE_SAMPLES)]),
  ]);
  const shaped = graph.node('Mul', [graph.node('Mul', [hum, graph.node('Add', [throat, number(1)])]), swell]);
  const sound = broken ? graph.node('Sqrt', [graph.node('Sub', [shaped, number(9)])]) : shaped;
  graph.node('Reshape', [sound, whole(1, 1, 1, -1)], {}, 'output');
  graph.output('output', [1, 1, 1, 'samples']);
  return graph.file();
}

/** Of each speaker, in Hz: from a low voice to one almost twice as high. */
const pitchesOf = (speakers: readonly string[]): readonly number[] => [
  LOWEST_PITCH,
  ...speakers.slice(1).map((_, index) => LOWEST_PITCH + (PITCH_SPAN * (index + 1)) / speakers.length),
];

export interface VoiceConfig extends Pick<VoiceModel, 'speakers'> {
  /** As espeak names it. */
  readonly espeakVoice?: string;
  /** As Piper names it. */
  readonly language?: string;
}

/** The voice's `.onnx.json` file, as a value that becomes JSON. */
export const voiceConfig = ({ speakers = [], espeakVoice = 'en-us', language = 'en_US' }: VoiceConfig = {}): Readonly<
  Record<string, unknown>
> => ({
  audio: { sample_rate: SAMPLE_RATE, quality: 'tiny' },
  espeak: { voice: espeakVoice },
  inference: { noise_scale: 0.667, length_scale: 1, noise_w: 0.8 },
  phoneme_type: 'espeak',
  phoneme_map: {},
  phoneme_id_map: Object.fromEntries(SYMBOLS.map((symbol, id) => [symbol, [id]])),
  num_symbols: SYMBOLS.length,
  num_speakers: Math.max(1, speakers.length),
  speaker_id_map: Object.fromEntries(speakers.map((name, id) => [name, id])),
  language: { code: language },
});
