import { expect, test } from 'bun:test';
import { systemClock } from '../../../../src/system/clock.ts';
import { images } from '../../../fakes/engines/onnx-engine.ts';
import { takenWith } from '../../../fakes/engines/pictures.ts';
import { readChatImageFiles, withoutAlpha } from '../../../../src/engines/media/chat-images.ts';

test.each([
  ['colour', 4, [1, 2, 3, 9, 4, 5, 6, 9], 3, [1, 2, 3, 4, 5, 6]],
  ['grey', 2, [1, 9, 2, 9], 1, [1, 2]],
  ['opaque colour', 3, [1, 2, 3, 4, 5, 6], 3, [1, 2, 3, 4, 5, 6]],
] as const)('the alpha of an image in %s is dropped, and nothing else', (_what, channels, pixels, kept, expected) => {
  const opaque = withoutAlpha({ pixels: Uint8Array.from(pixels), width: 2, height: 1, channels });
  expect({ channels: opaque.channels, pixels: [...opaque.pixels] }).toEqual({ channels: kept, pixels: [...expected] });
});

test.each([1, 3, 6, 8])('a photograph of orientation %d reaches a model upright, as a JPEG', async (orientation) => {
  const half = Uint8Array.from({ length: 32 * 16 * 3 }, (_, at) => (Math.floor(at / 3) % 32 < 16 ? 255 : 0));
  const taken = await takenWith({ pixels: half, width: 32, height: 16, channels: 3 }, orientation, 'jpeg');
  const options = { fetchImage: () => Promise.resolve(taken), images, clock: systemClock };
  const [file = new Uint8Array()] = await readChatImageFiles(['https://a/b'], options, new AbortController().signal);
  expect(await images.probe(file)).toMatchObject({ format: 'jpeg', width: 32, height: 16, isUpright: true });
  const { pixels } = await images.decode(file);
  expect([pixels[0], pixels[31 * 3]].map((level) => Math.round((level ?? 0) / 255))).toEqual([1, 0]);
});
