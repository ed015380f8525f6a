import { expect, test } from 'bun:test';
import { withoutAlpha } from '../../../../src/engines/media/chat-images.ts';

test.each([
  ['colour', 4, [1, 2, 3, 9, 4, 5, 6, 9], 3, [1, 2, 3, 4, 5, 6]],
  ['grey', 2, [1, 9, 2, 9], 1, [1, 2]],
  ['opaque colour', 3, [1, 2, 3, 4, 5, 6], 3, [1, 2, 3, 4, 5, 6]],
] as const)('the alpha of an image in %s is dropped, and nothing else', (_what, channels, pixels, kept, expected) => {
  const opaque = withoutAlpha({ pixels: Uint8Array.from(pixels), width: 2, height: 1, channels });
  expect({ channels: opaque.channels, pixels: [...opaque.pixels] }).toEqual({ channels: kept, pixels: [...expected] });
});
