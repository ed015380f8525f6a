import { expect, test } from 'bun:test';
import { cubeGlb } from '../../../../../src/engines/synthetic/glb.ts';
import { sphereAround } from '../../../../../src/page/kit/media/mesh/drawing.ts';
import { matrixOf, transformed } from '../../../../../src/page/kit/media/mesh/matrix.ts';
import { normalsOf } from '../../../../../src/page/kit/media/mesh/normals.ts';
import { partsOf } from '../../../../../src/page/kit/media/mesh/parts.ts';
import { dragged, FIRST_LOOK, lookBy, zoomed } from '../../../../../src/page/kit/media/mesh/turning.ts';
import { TRIANGLE, glbOf } from '../../../../page/glb.ts';

const near = (values: Iterable<number>): readonly number[] =>
  [...values].map((value) => Math.round(value * 100) / 100 + 0);

test('a textured cube is read as twelve triangles around the origin', () => {
  const [part, ...others] = partsOf(cubeGlb(new Uint8Array([1, 2, 3])));
  expect(others).toEqual([]);
  expect(part?.indices).toHaveLength(36);
  expect(part?.texture?.type).toBe('image/png');
  expect([...(part?.texture?.bytes ?? [])]).toEqual([1, 2, 3]);
  const { x, y, z, radius } = sphereAround(part === undefined ? [] : [part]);
  expect(near([x, y, z, radius])).toEqual([0, 0, 0, 0.87]);
});

test('a node moves, turns and scales what hangs below it', () => {
  const quarter = Math.SQRT1_2;
  const glb = glbOf({
    ...TRIANGLE,
    nodes: [
      { children: [1], translation: [10, 0, 0] },
      { mesh: 0, scale: [2, 2, 2], rotation: [0, 0, quarter, quarter] },
    ],
  });
  const [part] = partsOf(glb);
  expect(near(part?.positions.slice(0, 9) ?? [])).toEqual([10, 0, 0, 10, 2, 0, 8, 0, 0]);
  expect(near(part?.normals.slice(0, 3) ?? [])).toEqual([0, 0, 4]);
});

test('numbers that are packed, normalized or strided are read all the same', () => {
  const positions = new Uint8Array([0, 0, 0, 99, 255, 0, 0, 99, 0, 255, 0, 99]);
  const glb = glbOf(
    {
      ...TRIANGLE,
      accessors: [{ bufferView: 0, componentType: 5121, normalized: true, count: 3, type: 'VEC3' }],
      bufferViews: [{ byteLength: 12, byteStride: 4 }],
    },
    positions,
  );
  expect(near(partsOf(glb)[0]?.positions ?? [])).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
});

test.each([
  ['no GLB', new TextEncoder().encode('{"asset":{"version":"2.0"}}')],
  ['an empty file', new Uint8Array()],
  ['a scene of another shape', glbOf({ ...TRIANGLE, nodes: [{ mesh: 'first' }] })],
  ['a node below itself', glbOf({ ...TRIANGLE, nodes: [{ children: [0] }] })],
  ['a child that is not there', glbOf({ ...TRIANGLE, nodes: [{ children: [7] }] })],
  ['an unknown extension', glbOf({ ...TRIANGLE, extensionsRequired: ['KHR_draco_mesh_compression'] })],
  [
    'more numbers than bytes',
    glbOf({ ...TRIANGLE, accessors: [{ bufferView: 0, componentType: 5126, count: 9, type: 'VEC3' }] }),
  ],
])('%s is refused instead of drawn', (_, file) => expect(() => partsOf(file)).toThrow());

test('a corner faces the way its triangles do', () => {
  const normals = normalsOf(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]), new Uint32Array([0, 1, 2]));
  expect([...normals.subarray(0, 3)]).toEqual([0, 0, 1]);
  expect([...transformed(normals, matrixOf({ translation: [5, 5, 5] }), 0).subarray(0, 3)]).toEqual([0, 0, 1]);
});

test('keys turn, tilt and zoom a model within bounds', () => {
  expect(lookBy('ArrowRight', FIRST_LOOK)?.turn).toBeGreaterThan(FIRST_LOOK.turn);
  expect(lookBy('Home', dragged(FIRST_LOOK, 40, 9))).toEqual(FIRST_LOOK);
  expect(dragged(FIRST_LOOK, 0, 9_000).tilt).toBe(Math.PI / 2);
  expect(zoomed(FIRST_LOOK, 99).distance).toBe(8);
  expect(lookBy('a', FIRST_LOOK)).toBe(undefined);
});
