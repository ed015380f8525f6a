import { expect, test } from 'bun:test';
import type { EncodeRequest, Images } from '../../../../src/system/native/images.ts';
import { rememberingWritten } from '../../../../src/system/native/written-images.ts';
import { images as real } from '../../../fakes/engines/onnx-engine.ts';

const picture = {
  pixels: Uint8Array.from({ length: 16 * 8 * 3 }, (_, at) => (at * 31) % 256),
  width: 16,
  height: 8,
  channels: 3,
} as const;

/** The real library, and how often it decoded something. */
function setup() {
  const counted = { decoded: 0 };
  const counting: Images = {
    ...real,
    decode: (bytes, how) => {
      counted.decoded += 1;
      return real.decode(bytes, how);
    },
  };
  return { counted, images: rememberingWritten(counting) };
}

test.each(['webp', 'png', 'tiff'] as const)(
  'what is known of a written %s is what decoding it gives',
  async (format) => {
    const { counted, images } = setup();
    const bytes = await images.encode({ ...picture, format });
    const known = await images.decode(bytes);
    expect(counted.decoded).toBe(0);
    const decoded = await images.decode(bytes); // known once: this time it is read
    expect(counted.decoded).toBe(1);
    expect({ ...known, pixels: [...known.pixels] }).toEqual({ ...decoded, pixels: [...decoded.pixels] });
  },
);

test.each<[string, Partial<EncodeRequest>]>([
  ['lost something', { format: 'jpeg' }],
  ['was asked to lose something', { format: 'webp', quality: 80 }],
  ['has an alpha channel', { format: 'png', channels: 4, width: 12 }],
])('a file that %s is decoded', async (_what, other) => {
  const { counted, images } = setup();
  await images.decode(await images.encode({ ...picture, format: 'png', ...other }));
  expect(counted.decoded).toBe(1);
});

test('a copy of an image we wrote is decoded like any other', async () => {
  const { counted, images } = setup();
  const bytes = await images.encode({ ...picture, format: 'png' });
  await images.decode(Uint8Array.from(bytes));
  expect(counted.decoded).toBe(1);
});
