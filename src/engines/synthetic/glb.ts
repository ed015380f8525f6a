import { joinBytes } from '../../base/bytes.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';

/*
 * A GLB file with one textured cube (glTF 2.0 §3 and §4.4, binary glTF). The shape is the studio contract's: edge 1,
 * corners at ±0.5, each face with four corners of its own so that its normal and its texture are its own.
 */

type Vector = readonly [x: number, y: number, z: number];

/** Normal, then the directions of the texture's width and height; width × height = normal, so triangles face outwards. */
const FACES: readonly (readonly [normal: Vector, right: Vector, up: Vector])[] = [
  [
    [1, 0, 0],
    [0, 0, -1],
    [0, 1, 0],
  ],
  [
    [-1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
  ],
  [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, -1],
  ],
  [
    [0, -1, 0],
    [1, 0, 0],
    [0, 0, 1],
  ],
  [
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
  ],
  [
    [0, 0, -1],
    [-1, 0, 0],
    [0, 1, 0],
  ],
];
/** Each corner of a face along its two directions, then its place in the texture, whose origin is at the top left. */
const CORNERS = [
  [-0.5, -0.5, 0, 1],
  [0.5, -0.5, 1, 1],
  [0.5, 0.5, 1, 0],
  [-0.5, 0.5, 0, 0],
] as const;
const TRIANGLES = [0, 1, 2, 0, 2, 3];

const FLOAT = 5126;
const UNSIGNED_SHORT = 5123;
const ARRAY_BUFFER = 34_962;
const ELEMENT_ARRAY_BUFFER = 34_963;
const NEAREST = 9728;
const GLB_MAGIC = 0x46_54_6c_67;
const GLB_VERSION = 2;
const JSON_CHUNK = 0x4e_4f_53_4a;
const BIN_CHUNK = 0x00_4e_49_42;
const SPACE = 0x20;

/** The cube with this PNG on each face. */
export function cubeGlb(png: Uint8Array): Uint8Array {
  const parts = [...geometry(), { bytes: png }];
  const views: JsonObject[] = [];
  let at = 0;
  for (const { bytes, target } of parts) {
    views.push({ buffer: 0, byteOffset: at, byteLength: bytes.byteLength, ...(target !== undefined && { target }) });
    at += padded(bytes, 0).byteLength;
  }
  const bin = joinBytes(parts.map(({ bytes }) => padded(bytes, 0)));
  const json = new TextEncoder().encode(JSON.stringify(scene(views, bin.byteLength)));
  return glb([
    [JSON_CHUNK, padded(json, SPACE)],
    [BIN_CHUNK, bin],
  ]);
}

interface BufferPart {
  readonly bytes: Uint8Array;
  readonly target?: number;
}

function geometry(): readonly BufferPart[] {
  const corners = FACES.flatMap((face) => CORNERS.map((corner) => [face, corner] as const));
  const positions = corners.flatMap(([[normal, right, up], [along, upwards]]) =>
    normal.map((part, axis) => part / 2 + along * (right[axis] ?? 0) + upwards * (up[axis] ?? 0)),
  );
  const normals = corners.flatMap(([[normal]]) => [...normal]);
  const textureCoords = corners.flatMap(([, [, , u, v]]) => [u, v]);
  const indices = FACES.flatMap((_, face) => TRIANGLES.map((corner) => face * CORNERS.length + corner));
  return [
    { bytes: littleEndian(positions, 4), target: ARRAY_BUFFER },
    { bytes: littleEndian(normals, 4), target: ARRAY_BUFFER },
    { bytes: littleEndian(textureCoords, 4), target: ARRAY_BUFFER },
    { bytes: littleEndian(indices, 2), target: ELEMENT_ARRAY_BUFFER },
  ];
}

/** Floats of four bytes or unsigned whole numbers of two. */
function littleEndian(numbers: readonly number[], width: 2 | 4): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * width));
  for (const [index, number] of numbers.entries()) {
    if (width === 4) view.setFloat32(index * width, number, true);
    else view.setUint16(index * width, number, true);
  }
  return new Uint8Array(view.buffer);
}

function scene(bufferViews: readonly JsonObject[], byteLength: number): JsonObject {
  const vertices = FACES.length * CORNERS.length;
  const floats = { componentType: FLOAT, count: vertices };
  const indices = { componentType: UNSIGNED_SHORT, count: FACES.length * TRIANGLES.length, type: 'SCALAR' };
  return {
    asset: { version: '2.0', generator: 'studio-worker synthetic' },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, NORMAL: 1, TEXCOORD_0: 2 }, indices: 3, material: 0 }] }],
    accessors: [
      { bufferView: 0, ...floats, type: 'VEC3', min: [-0.5, -0.5, -0.5], max: [0.5, 0.5, 0.5] },
      { bufferView: 1, ...floats, type: 'VEC3' },
      { bufferView: 2, ...floats, type: 'VEC2' },
      { bufferView: 3, ...indices },
    ],
    materials: [{ pbrMetallicRoughness: { baseColorTexture: { index: 0 }, metallicFactor: 0, roughnessFactor: 0.8 } }],
    textures: [{ source: 0, sampler: 0 }],
    samplers: [{ magFilter: NEAREST, minFilter: NEAREST }],
    images: [{ bufferView: 4, mimeType: 'image/png' }],
    bufferViews: [...bufferViews] satisfies JsonValue[],
    buffers: [{ byteLength }],
  };
}

function glb(chunks: readonly (readonly [type: number, bytes: Uint8Array])[]): Uint8Array {
  const body = chunks.flatMap(([type, bytes]) => [words(bytes.byteLength, type), bytes]);
  const head = words(GLB_MAGIC, GLB_VERSION, 12 + body.reduce((sum, { byteLength }) => sum + byteLength, 0));
  return joinBytes([head, ...body]);
}

function words(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}

/** Parts and chunks begin at multiples of four bytes. */
function padded(bytes: Uint8Array, filler: number): Uint8Array {
  const whole = new Uint8Array(4 * Math.ceil(bytes.byteLength / 4)).fill(filler);
  whole.set(bytes);
  return whole;
}
