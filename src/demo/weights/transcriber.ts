import { joinBytes } from '../../base/bytes.ts';
import { bytesOf, GGML_MAGIC, halves, integers, tensor } from './ggml.ts';

/*
 * Writes a speech recogniser in whisper.cpp's own format (GGML: whisper.cpp, models/convert-pt-to-ggml.py), so that the
 * unmodified library runs on weights of nine megabytes. Everything between input and output is zero, and each position of
 * the decoder points at the token that comes next: it hears anything and always says one sentence, with its times.
 */

export interface TranscribingModel {
  /** What it says. */
  readonly text?: string;
  /** A place in Whisper's list of languages (whisper.cpp, `g_lang`) makes it multilingual, and what it detects. */
  readonly language?: number;
}

const WIDTH = 64;
const LAYERS = 1;
const HEADS = 1;
const AUDIO_PLACES = 1500;
const TEXT_PLACES = 448;
const MELS = 80;
const BINS = 201;
/** Tokens of the English models; the others have one more, and their specials are one further. */
const TOKENS = 51_864;
const SPECIALS = { end: 50_256, start: 50_257, times: 50_363 };
const BYTE_TOKENS = 256;
/** Whisper marks time in fiftieths of a second. */
const MARKS_PER_SECOND = 50;
const WORD_SECONDS = 0.35;
/** How surely it points at the next token. */
const SURE = 30;
const LOUD = 8;
const SENTENCE = 'the quick brown fox jumps over the lazy dog';

const encoder = new TextEncoder();

/** The bytes of such a model: made in a fraction of a second, and the same each time. */
export function transcribingModel({ text = SENTENCE, language }: TranscribingModel = {}): Uint8Array {
  const more = language === undefined ? 0 : 1;
  const tokens = TOKENS + more;
  const words = text.split(/\s+/).filter((word) => word !== '');
  const parts: Uint8Array[] = [];
  parts.push(
    integers(GGML_MAGIC, tokens, AUDIO_PLACES, WIDTH, HEADS, LAYERS, TEXT_PLACES, WIDTH, HEADS, LAYERS, MELS, 1),
  );
  parts.push(integers(MELS, BINS), bytesOf(melFilters()));
  parts.push(...vocabulary(words, SPECIALS.end + more));
  const embedding = embeddings(tokens);
  const path = pathOf(words, { language, more });
  parts.push(...encoderTensors(), ...decoderTensors(embedding, pointing(path, embedding), tokens));
  return joinBytes(parts);
}

/** What comes next at each place; the sentence begins after what a transcription is begun with. */
function pathOf(words: readonly string[], about: { readonly language: number | undefined; readonly more: number }) {
  const { language, more } = about;
  const [start, times, end] = [SPECIALS.start + more, SPECIALS.times + more, SPECIALS.end + more];
  const seconds = Math.max(1, Math.round(words.length * WORD_SECONDS));
  const spoken = [times, ...words.map((_, at) => BYTE_TOKENS + at), times + seconds * MARKS_PER_SECOND];
  const before = language === undefined ? [] : [start + 1 + language, end];
  const path = [...before, ...spoken];
  return Array.from({ length: TEXT_PLACES }, (_, place) => path[place] ?? end);
}

function pointing(path: readonly number[], embedding: Float32Array): Float32Array {
  const places = new Float32Array(TEXT_PLACES * WIDTH);
  for (const [place, token] of path.entries()) {
    for (let at = 0; at < WIDTH; at++) places[place * WIDTH + at] = SURE * (embedding[token * WIDTH + at] ?? 0);
  }
  return places;
}

/** Directions that are far from each other: without an offset, and of length one. */
function embeddings(tokens: number): Float32Array {
  const all = new Float32Array(tokens * WIDTH);
  let state = 99; // Numerical Recipes' linear congruential generator
  for (let at = 0; at < all.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    all[at] = state / 2 ** 31 - 1;
  }
  for (let token = 0; token < tokens; token++) {
    const one = all.subarray(token * WIDTH, (token + 1) * WIDTH);
    let [mean, squares] = [0, 0];
    for (const value of one) mean += value / WIDTH;
    for (const value of one) squares += (value - mean) ** 2;
    const length = Math.sqrt(squares);
    for (let at = 0; at < WIDTH; at++) one[at] = ((one[at] ?? 0) - mean) / length;
  }
  return all;
}

/** The triangles of Slaney's mel scale up to 8 kHz, each of the same area. */
function melFilters(): Float32Array {
  const toMel = (hertz: number): number =>
    hertz < 1000 ? (hertz * 3) / 200 : 15 + (Math.log(hertz / 1000) * 27) / Math.log(6.4);
  const toHertz = (mel: number): number =>
    mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);
  const corner = (at: number): number => toHertz((toMel(8000) * at) / (MELS + 1));
  const filters = new Float32Array(MELS * BINS);
  for (let mel = 0; mel < MELS; mel++) {
    const [left, top, right] = [corner(mel), corner(mel + 1), corner(mel + 2)];
    for (let bin = 0; bin < BINS; bin++) {
      const hertz = bin * 40;
      const height = Math.min((hertz - left) / (top - left), (right - hertz) / (right - top));
      filters[mel * BINS + bin] = (Math.max(0, height) * 2) / (right - left);
    }
  }
  return filters;
}

/** All bytes, then the words, then fillers. The specials behind them whisper.cpp knows itself. */
function vocabulary(words: readonly string[], count: number): readonly Uint8Array[] {
  const parts = [integers(count)];
  for (let token = 0; token < count; token++) {
    const word = words[token - BYTE_TOKENS];
    const filler = word === undefined ? `<${token}>` : ` ${word}`;
    const spelt = token < BYTE_TOKENS ? Uint8Array.of(token) : encoder.encode(filler);
    parts.push(integers(spelt.byteLength), spelt);
  }
  return parts;
}

function encoderTensors(): readonly Uint8Array[] {
  return [
    ...tensor('encoder.positional_embedding', [WIDTH, AUDIO_PLACES]),
    ...halves('encoder.conv1.weight', [3, MELS, WIDTH]),
    ...tensor('encoder.conv1.bias', [1, WIDTH]),
    ...halves('encoder.conv2.weight', [3, WIDTH, WIDTH]),
    ...tensor('encoder.conv2.bias', [1, WIDTH]),
    ...tensor('encoder.ln_post.weight', [WIDTH], flat(1)),
    ...tensor('encoder.ln_post.bias', [WIDTH]),
    ...layers('encoder', ['attn']),
  ];
}

function decoderTensors(embedding: Float32Array, places: Float32Array, tokens: number): readonly Uint8Array[] {
  return [
    ...tensor('decoder.positional_embedding', [WIDTH, TEXT_PLACES], places),
    ...halves('decoder.token_embedding.weight', [WIDTH, tokens], embedding),
    ...tensor('decoder.ln.weight', [WIDTH], flat(LOUD)),
    ...tensor('decoder.ln.bias', [WIDTH]),
    ...layers('decoder', ['attn', 'cross_attn']),
  ];
}

/** Layers that add nothing to what goes through them. */
function layers(side: string, attentions: readonly string[]): readonly Uint8Array[] {
  return Array.from({ length: LAYERS }, (_, layer) => {
    const block = `${side}.blocks.${layer}.`;
    const mixer = [
      ...tensor(`${block}mlp_ln.weight`, [WIDTH], flat(1)),
      ...tensor(`${block}mlp_ln.bias`, [WIDTH]),
      ...halves(`${block}mlp.0.weight`, [WIDTH, 4 * WIDTH]),
      ...tensor(`${block}mlp.0.bias`, [4 * WIDTH]),
      ...halves(`${block}mlp.2.weight`, [4 * WIDTH, WIDTH]),
      ...tensor(`${block}mlp.2.bias`, [WIDTH]),
    ];
    return [...mixer, ...attentions.flatMap((attention) => attentionTensors(`${block}${attention}`))];
  }).flat();
}

const attentionTensors = (name: string): readonly Uint8Array[] => [
  ...tensor(`${name}_ln.weight`, [WIDTH], flat(1)),
  ...tensor(`${name}_ln.bias`, [WIDTH]),
  ...['query', 'key', 'value', 'out'].flatMap((part) => halves(`${name}.${part}.weight`, [WIDTH, WIDTH])),
  // The key has none.
  ...['query', 'value', 'out'].flatMap((part) => tensor(`${name}.${part}.bias`, [WIDTH])),
];

const flat = (value: number): Float32Array => new Float32Array(WIDTH).fill(value);
