import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { maskedArea, regionFor } from '../../../../src/engines/onnx/crop.ts';
import type { PixelArea } from '../../../../src/engines/onnx/planes.ts';
import type { Plane } from '../../../../src/engines/onnx/sampling.ts';

/** A mask that is white in a box. */
function aMask(width: number, height: number, box?: PixelArea, white = 255): Plane {
  const data = new Uint8Array(width * height);
  if (box !== undefined) {
    for (let y = box.y; y < box.y + box.height; y++) data.fill(white, y * width + box.x, y * width + box.x + box.width);
  }
  return { data, width, height, channels: 1 };
}

/** A picture's size and a box in it. */
const sizes = fc
  .tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 700 }))
  .chain(([width, height]) =>
    fc
      .tuple(fc.nat(width - 1), fc.nat(height - 1))
      .chain(([x, y]) =>
        fc
          .tuple(fc.integer({ min: 1, max: width - x }), fc.integer({ min: 1, max: height - y }))
          .map(([w, h]) => ({ width, height, box: { x, y, width: w, height: h } })),
      ),
  );

test('the masked area is the smallest rectangle with all that is to go', () => {
  fc.assert(
    fc.property(sizes, ({ width, height, box }) => {
      expect(maskedArea(aMask(width, height, box))).toEqual(box);
    }),
    { numRuns: 50 },
  );
});

test('a mask byte of 128 keeps, one of 129 removes', () => {
  const box = { x: 3, y: 2, width: 4, height: 5 };
  expect(maskedArea(aMask(20, 20, box, 128))).toBeUndefined();
  expect(maskedArea(aMask(20, 20, box, 129))).toEqual(box);
});

test.each([
  // A quarter of the longer side and 32 px on each side, but no less than 256 px in all.
  ['a small object', { x: 400, y: 400, width: 100, height: 60 }, { x: 322, y: 302, width: 256, height: 256 }],
  ['a large object', { x: 300, y: 200, width: 400, height: 200 }, { x: 168, y: 0, width: 664, height: 664 }],
  ['an object in a corner', { x: 0, y: 748, width: 20, height: 20 }, { x: 0, y: 512, width: 256, height: 256 }],
])('%s in a picture of 1024 x 768 is seen with its surroundings', (_what, box, region) => {
  expect(regionFor(aMask(1024, 768, box))).toEqual(region);
});

test('without anything to remove the model sees the whole image', () => {
  expect(regionFor(aMask(640, 480))).toEqual({ x: 0, y: 0, width: 640, height: 480 });
});

test('an object that no square can hold is removed on the whole image', () => {
  const box = { x: 10, y: 40, width: 500, height: 20 };
  expect(regionFor(aMask(600, 300, box))).toEqual({ x: 0, y: 0, width: 600, height: 300 });
});

test('an image below 256 px is cropped to what it has', () => {
  expect(regionFor(aMask(300, 100, { x: 200, y: 10, width: 8, height: 8 }))).toEqual({
    x: 154,
    y: 0,
    width: 100,
    height: 100,
  });
});

test('the region always lies in the image and covers the whole box', () => {
  fc.assert(
    fc.property(sizes, ({ width, height, box }) => {
      const region = regionFor(aMask(width, height, box));
      expect(region.x).toBeGreaterThanOrEqual(0);
      expect(region.y).toBeGreaterThanOrEqual(0);
      expect(region.x + region.width).toBeLessThanOrEqual(width);
      expect(region.y + region.height).toBeLessThanOrEqual(height);
      expect(region.x).toBeLessThanOrEqual(box.x);
      expect(region.y).toBeLessThanOrEqual(box.y);
      expect(region.x + region.width).toBeGreaterThanOrEqual(box.x + box.width);
      expect(region.y + region.height).toBeGreaterThanOrEqual(box.y + box.height);
    }),
    { numRuns: 50 },
  );
});
