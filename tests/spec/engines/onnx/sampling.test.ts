import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { blur, type Plane, resize } from '../../../../src/engines/onnx/sampling.ts';

const grey = (width: number, ...data: number[]): Plane => ({
  data: Uint8Array.from(data),
  width,
  height: data.length / width,
  channels: 1,
});
const side = fc.integer({ min: 1, max: 40 });

test('halving weighs neighbours by a triangle', () => {
  // Distances from the centre of the first target pixel: ¼, ¼ and ¾ of the reach, so weights of 3 : 3 : 1.
  expect([...resize(grey(4, 0, 70, 140, 210), 2, 1).data]).toEqual([50, 160]);
});

test('doubling goes straight from pixel to pixel', () => {
  expect([...resize(grey(2, 0, 200), 4, 1).data]).toEqual([0, 50, 150, 200]);
});

test('the same size is the same image', () => {
  const plane = grey(3, 1, 2, 3, 4, 5, 6);
  expect(resize(plane, 3, 2)).toBe(plane);
});

test('channels do not mix', () => {
  const plane = { data: Uint8Array.of(10, 200, 30, 10, 200, 30), width: 2, height: 1, channels: 3 };
  expect([...resize(plane, 3, 2).data]).toEqual(Array.from({ length: 6 }, () => [10, 200, 30]).flat());
});

test('a blur is a bell that is cut at twice its width', () => {
  const line = new Uint8Array(41);
  line[20] = 255;
  const { data } = blur(grey(41, ...line), 4);
  expect(data[20]).toBeGreaterThan(data[21] ?? 0);
  expect([...data.subarray(12, 20)]).toEqual([...data.subarray(21, 29)].toReversed());
  expect(data[12]).toBeGreaterThan(0);
  expect([data[11], data[29]]).toEqual([0, 0]);
});

test('one colour stays that colour, whatever is done to it', () => {
  fc.assert(
    fc.property(side, side, side, side, fc.nat(255), (width, height, newWidth, newHeight, colour) => {
      const plane = grey(width, ...Array.from({ length: width * height }, () => colour));
      const resized = resize(plane, newWidth, newHeight);
      expect({ width: resized.width, height: resized.height }).toEqual({ width: newWidth, height: newHeight });
      expect(new Set([...resized.data, ...blur(plane, 4).data])).toEqual(new Set([colour]));
    }),
  );
});

test('nothing gets brighter than the brightest or darker than the darkest', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), side, (data, width) => {
      const resized = resize({ data, width: data.length, height: 1, channels: 1 }, width, 1);
      expect(Math.max(...resized.data)).toBeLessThanOrEqual(Math.max(...data));
      expect(Math.min(...resized.data)).toBeGreaterThanOrEqual(Math.min(...data));
    }),
  );
});
