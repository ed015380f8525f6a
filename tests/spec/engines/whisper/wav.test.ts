import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { floatWav } from '../../../fakes/engines/float-wav.ts';
import { monoOf, readWav, type Wav } from '../../../../src/engines/whisper/wav.ts';

interface Shape {
  readonly tag?: number;
  readonly bits?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly extensible?: boolean;
  /** What the file says of its samples' bytes, where that is not the truth. */
  readonly said?: number;
  readonly form?: 'RIFF' | 'RF64' | 'BW64';
  /** The chunk before the samples, whose odd length is made even unless `unpadded`. */
  readonly before?: Buffer;
  readonly unpadded?: boolean;
  readonly behind?: Buffer;
}

/** A WAV around these bytes, with a chunk of odd length before its samples. */
function wavOf(data: Uint8Array, shape: Shape = {}): Uint8Array {
  const { tag = 1, bits = 16, channels = 1, rate = 16_000, extensible = false } = shape;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE((rate * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(tag, 24);
    format.set(Buffer.from('000000001000800000aa00389b71', 'hex'), 26);
  }
  const { form = 'RIFF', said, unpadded = false, behind = Buffer.alloc(0) } = shape;
  const { before = chunk('LIST', Buffer.from('odd'), { unpadded }) } = shape;
  const longSizes = Buffer.alloc(28);
  longSizes.writeBigUInt64LE(BigInt(data.byteLength), 8);
  const chunks = [...(form === 'RIFF' ? [] : [chunk('ds64', longSizes)]), chunk('fmt ', format), before];
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks, chunk('data', data, { size: said }), behind]);
  return Uint8Array.from(Buffer.concat([chunk(form, body).subarray(0, 8), body]));
}

interface Odd {
  readonly size?: number | undefined;
  readonly unpadded?: boolean;
}

function chunk(name: string, body: Uint8Array, { size = body.byteLength, unpadded = false }: Odd = {}): Buffer {
  const head = Buffer.from(`${name}....`);
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body, Buffer.alloc(unpadded ? 0 : body.byteLength % 2)]);
}

function wav(bytes: Uint8Array): Wav {
  const read = readWav(bytes);
  if (read.is !== 'wav') throw new Error(read.because);
  return read.wav;
}

const WRITERS: Readonly<Record<string, (value: number) => Uint8Array>> = {
  '1 8': (value) => Uint8Array.of(Math.round(value * 127) + 128),
  '1 16': (value) => new Uint8Array(Int16Array.of(Math.round(value * 0x7fff)).buffer),
  '1 24': (value) => new Uint8Array(Int32Array.of(Math.round(value * 0x7f_ffff) << 8).buffer).subarray(1),
  '1 32': (value) => new Uint8Array(Int32Array.of(Math.round(value * 0x7fff_ffff)).buffer),
  '3 32': (value) => new Uint8Array(Float32Array.of(value).buffer),
  '3 64': (value) => new Uint8Array(Float64Array.of(value).buffer),
};

test.each(
  Object.keys(WRITERS).flatMap(
    (format) =>
      [
        [format, false],
        [format, true],
      ] as const,
  ),
)('samples of format and bits %s are read as they were written (extensible %p)', (format, extensible) => {
  const [tag = 0, bits = 0] = format.split(' ').map(Number);
  const samples = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 6 }), (values, channels) => {
      const write = WRITERS[format];
      const frames = values.map((value) => Array.from({ length: channels }, () => write?.(value) ?? new Uint8Array()));
      const read = wav(wavOf(Buffer.concat(frames.flat()), { tag, bits, channels, extensible }));
      expect({ frames: read.frames, channels: read.channels, rate: read.rate }).toEqual({
        frames: values.length,
        channels,
        rate: 16_000,
      });
      for (const [at, sample] of monoOf(read).entries()) {
        expect(Math.abs(sample - (values[at] ?? 9))).toBeLessThan(bits === 8 ? 2 / 128 : 1e-4);
      }
    }),
    { numRuns: 20 },
  );
});

test('channels count the same, and what is no number counts as nothing', () => {
  const samples = new Uint8Array(Float32Array.of(1, -0.5, Number.NaN, 0.5, Infinity, 1).buffer);
  expect([...monoOf(wav(wavOf(samples, { tag: 3, bits: 32, channels: 2 })))]).toEqual([0.25, 0.25, 0.5]);
});

const spoken = Uint8Array.from({ length: 200 }, (_, at) => 40 + at);
const whole = monoOf(wav(wavOf(spoken)));

test.each([0xffff_ffff, 0xffff_ffdb, 0x8000_0000, 0x7fff_ffff, 0x7fff_f000, 0x7fff_ffd3, 244, 236, 201, 0])(
  'samples whose declared length is %p are what there is',
  (said) => {
    expect(monoOf(wav(wavOf(spoken, { said })))).toEqual(whole);
  },
);

test('a recording that was cut off ends where the file does', () => {
  const bytes = wavOf(spoken);
  expect(monoOf(wav(bytes.subarray(0, -51)))).toEqual(whole.subarray(0, 74));
});

test('a length of nothing before other whole chunks is nothing', () => {
  const behind = chunk('LIST', Buffer.from('INFOIART'));
  expect(wav(wavOf(new Uint8Array(), { behind })).frames).toBe(0);
  expect(wav(wavOf(new Uint8Array())).frames).toBe(0);
});

test.each(['RF64', 'BW64'] as const)('%s has its length in a chunk of its own', (form) => {
  const behind = chunk('LIST', Buffer.from('INFOIART'));
  expect(monoOf(wav(wavOf(spoken, { form, said: 0xffff_ffff, behind })))).toEqual(whole);
  expect(monoOf(wav(wavOf(spoken, { form, said: 0xffff_ffff }).subarray(0, -100)))).toEqual(whole.subarray(0, 50));
});

test.each([
  ['an odd length and no byte to make it even', { unpadded: true }],
  ['a length beyond the file', { before: chunk('LIST', Buffer.from('INFO'), { size: 0x7fff_ffff }) }],
  ['a length that ends within it', { before: chunk('bext', Buffer.alloc(600), { size: 3 }) }],
  ['a length that goes on into the samples', { before: chunk('JUNK', Buffer.alloc(8), { size: 40 }) }],
] as const)('samples behind a chunk with %s are found', (_what, shape) => {
  expect(monoOf(wav(wavOf(spoken, shape)))).toEqual(whole);
});

test.each([
  [0, 'wav'],
  [7, 'foreign'],
] as const)('a WAV with frames of %p bytes is read as %s', (frameBytes, is) => {
  const bytes = wavOf(spoken);
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(Buffer.from(bytes).indexOf('fmt ') + 20, frameBytes, true);
  expect(readWav(bytes).is).toBe(is);
  if (is === 'wav') expect(monoOf(wav(bytes))).toEqual(whole);
});

test.each([2, 4])('of %p channels that cancel each other out one is taken', (channels) => {
  const values = Array.from({ length: 400 }, (_, at) => Math.sin(at / 5) * 0.5);
  const samples = values.flatMap((value, at) =>
    Array.from({ length: channels }, (_, channel) => (channel % 2 === 0 ? value : -value + 0.01 * Math.sin(at * 9))),
  );
  const data = new Uint8Array(Float32Array.from(samples).buffer);
  const mono = monoOf(wav(wavOf(data, { tag: 3, bits: 32, channels })));
  for (const [at, sample] of mono.entries()) expect(Math.abs(sample)).toBeCloseTo(Math.abs(values[at] ?? 9), 1);
});

test('a WAV that was written here is read back sample for sample', () => {
  const samples = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 50 });
  fc.assert(
    fc.property(samples, (values) => {
      const read = wav(floatWav(values, 16_000));
      expect(monoOf(read).map((value) => value + 0)).toEqual(values.map((value) => value + 0));
    }),
  );
});

test.each([
  ['no bytes', new Uint8Array()],
  ['another file', new TextEncoder().encode('<!doctype html><html>')],
  ['no channel', wavOf(new Uint8Array(10), { channels: 0 })],
  ['no sample rate', wavOf(new Uint8Array(10), { rate: 0 })],
  ['no samples', wavOf(new Uint8Array(10)).subarray(0, 47)],
  ['a cut format', wavOf(new Uint8Array(10)).subarray(0, 30)],
])('a WAV with %s is broken', (_what, bytes) => {
  expect(readWav(bytes).is).toBe('broken');
});

test.each([
  ['A-law', wavOf(new Uint8Array(10), { tag: 6, bits: 8 })],
  ['ADPCM', wavOf(new Uint8Array(10), { tag: 2, bits: 4 })],
  ['half floats', wavOf(new Uint8Array(10), { tag: 3, bits: 16 })],
])('a WAV of %s is left to who knows more formats', (_what, bytes) => {
  expect(readWav(bytes).is).toBe('foreign');
});

test('reading a damaged WAV file always ends and stays within the file', () => {
  const whole = wavOf(new Uint8Array(64), { channels: 2, bits: 24, extensible: true });
  const change = fc.record({ at: fc.nat(whole.byteLength - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.nat(whole.byteLength), (changes, length) => {
      const bytes = whole.slice();
      for (const { at, byte } of changes) bytes[at] = byte;
      const read = readWav(bytes.subarray(0, length));
      if (read.is !== 'wav') return;
      expect(read.wav.frames).toBeLessThanOrEqual(length);
      for (const sample of monoOf(read.wav)) expect(Number.isFinite(sample)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
