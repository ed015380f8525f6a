import { type Chance, chanceOf, seedAt } from './random.ts';

/** Where inputs of a target begin: whole ones of its format, and words that mean something in it. */
export interface Corpus {
  readonly samples: readonly [Uint8Array, ...Uint8Array[]];
  readonly words: readonly string[];
}

/** No input is larger: faults of formats show in small ones, and many small ones are tried in the same time. */
const MAX_BYTES = 128 * 1024;
const MAX_CHANGES = 8;

/** The input of this number: the samples as they are first, then changed ones. The same for the same seed. */
export function inputAt({ samples, words }: Corpus, seed: number, index: number): Uint8Array {
  const untouched = samples[index];
  if (untouched !== undefined) return untouched;
  const chance = chanceOf(seedAt(seed, index));
  let bytes = chance.pick(samples).slice();
  for (let left = 1 + chance.below(MAX_CHANGES); left > 0; left--) {
    bytes = chance.pick(CHANGES)({ bytes, chance, samples, words }).slice(0, MAX_BYTES);
  }
  return bytes;
}

interface Change extends Corpus {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly chance: Chance;
}

const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.concat(parts));
const placed = (bytes: Uint8Array, at: number, part: Uint8Array, replacedBytes = 0): Uint8Array<ArrayBuffer> =>
  join(bytes.subarray(0, at), part, bytes.subarray(at + replacedBytes));

/** Lengths, counts and offsets that programs get wrong. */
const NUMBERS = [0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x1_0000n, 0x7fff_ffffn, 0x8000_0000n] as const;
const LARGE = [0xffff_fff8n, 0xffff_ffffn, 0x1_0000_0000n, 0x1f_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn, -1n] as const;
const DIGITS = ['0', '-1', '1e999', '9007199254740993', '-0', '1e-400', '18446744073709551616', 'NaN', '0x7f'] as const;
const OPENERS = ['[', '{"a":', '(', '"', '<', '\\', '{{', '\u00e9', '\ud83d\ude00', '\u0000', '\u202e'] as const;

function number({ bytes, chance }: Change): Uint8Array<ArrayBuffer> {
  const width = chance.pick([1, 2, 4, 8] as const);
  const value = chance.pick([...NUMBERS, ...LARGE, BigInt(bytes.byteLength), BigInt(bytes.byteLength - 1)]);
  const part = new Uint8Array(8);
  const isLittle = chance.below(2) === 0;
  new DataView(part.buffer).setBigInt64(
    0,
    BigInt.asIntN(64, isLittle ? value : value << BigInt(64 - width * 8)),
    isLittle,
  );
  return placed(bytes, chance.below(bytes.byteLength), part.subarray(0, width), width);
}

function digits({ bytes, chance }: Change): Uint8Array<ArrayBuffer> {
  const places = [
    ...Buffer.from(bytes)
      .toString('latin1')
      .matchAll(/-?\d+(?:\.\d+)?/g),
  ];
  const place = places[chance.below(places.length)];
  if (place === undefined) return bytes;
  return placed(bytes, place.index, Buffer.from(chance.pick(DIGITS)), place[0].length);
}

const CHANGES: readonly [
  (change: Change) => Uint8Array<ArrayBuffer>,
  ...((change: Change) => Uint8Array<ArrayBuffer>)[],
] = [
  ({ bytes, chance }) => {
    const at = chance.below(bytes.byteLength);
    return placed(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << chance.below(8))), 1);
  },
  ({ bytes, chance }) => placed(bytes, chance.below(bytes.byteLength), chance.bytes(1 + chance.below(4)), 1),
  number,
  number,
  digits,
  ({ bytes, chance }) => placed(bytes, chance.below(bytes.byteLength + 1), chance.bytes(chance.below(64))),
  ({ bytes, chance, words }) => {
    const word = words[chance.below(words.length)] ?? '';
    return placed(bytes, chance.below(bytes.byteLength + 1), Buffer.from(word), chance.below(2) * word.length);
  },
  ({ bytes, chance }) => placed(bytes, chance.below(bytes.byteLength), new Uint8Array(), chance.below(64)),
  ({ bytes, chance }) => bytes.slice(0, chance.below(bytes.byteLength)),
  ({ bytes, chance }) => {
    const from = chance.below(bytes.byteLength);
    return placed(bytes, chance.below(bytes.byteLength), bytes.slice(from, from + chance.below(256)));
  },
  ({ bytes, chance, samples }) => {
    const other = chance.pick(samples);
    return join(bytes.subarray(0, chance.below(bytes.byteLength)), other.subarray(chance.below(other.byteLength)));
  },
  ({ bytes, chance }) => {
    const part = Buffer.from(chance.pick(OPENERS).repeat(1 << chance.below(15)));
    return placed(bytes, chance.below(bytes.byteLength + 1), part);
  },
];
