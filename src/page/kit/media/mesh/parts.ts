import { readAccessor } from './accessor.ts';
import { type Glb, readGlb } from './gltf.ts';
import { IDENTITY, type Matrix, matrixOf, multiply, transformed } from './matrix.ts';
import { normalsOf } from './normals.ts';

/** Triangles of one material, where they stand in the scene. */
export interface MeshPart {
  /** x, y, z of each corner. */
  readonly positions: Float32Array;
  /** Of each corner; made from the triangles where the file has none. */
  readonly normals: Float32Array;
  /** Where each corner is on the texture. */
  readonly textureCoords: Float32Array | undefined;
  readonly indices: Uint32Array;
  /** Red, green, blue and opacity, from 0 to 1. */
  readonly colour: readonly [number, number, number, number];
  /** An encoded image. */
  readonly texture: { readonly bytes: Uint8Array; readonly type: string } | undefined;
}

/**
 * What of a binary glTF 2.0 file can be drawn as it stands: triangles with their colour or texture. Animations, lights,
 * cameras and skins are passed over.
 *
 * @throws TypeError | RangeError for a file that is none, or that needs what we do not have: the classes that `DataView`
 * throws for one that is cut off, too. Whatever it is, a reader is shown that there is no picture.
 */
export function partsOf(file: Uint8Array): readonly MeshPart[] {
  const glb = readGlb(file);
  const { scenes, scene, nodes } = glb.gltf;
  const roots = scenes[scene]?.nodes ?? [...nodes.keys()];
  return roots.flatMap((root) => partsBelow(glb, root, { at: IDENTITY, depth: 0 }));
}

interface Place {
  readonly at: Matrix;
  readonly depth: number;
}

/** A scene is a tree; a file that makes it a circle would never end. */
const MAX_DEPTH = 64;
const TRIANGLES = 4;

function partsBelow(glb: Glb, index: number, { at, depth }: Place): readonly MeshPart[] {
  const node = glb.gltf.nodes[index];
  if (node === undefined || depth > MAX_DEPTH) throw new RangeError('the scene names a node that is not there');
  const here = multiply(at, matrixOf(node));
  const primitives = glb.gltf.meshes[node.mesh ?? -1]?.primitives ?? [];
  const own = primitives.filter(({ mode }) => mode === TRIANGLES).map((primitive) => partOf(glb, primitive, here));
  return [...own, ...node.children.flatMap((child) => partsBelow(glb, child, { at: here, depth: depth + 1 }))];
}

type Primitive = Glb['gltf']['meshes'][number]['primitives'][number];

function partOf(glb: Glb, { attributes, indices, material }: Primitive, at: Matrix): MeshPart {
  const read = (index: number | undefined): Float32Array | undefined =>
    index === undefined ? undefined : Float32Array.from(readAccessor(glb, index));
  const positions = transformed(read(attributes['POSITION']) ?? new Float32Array(), at, 1);
  const corners =
    indices === undefined
      ? Uint32Array.from({ length: positions.length / 3 }, (_, corner) => corner)
      : Uint32Array.from(readAccessor(glb, indices));
  const normals = read(attributes['NORMAL']);
  const looks = glb.gltf.materials[material ?? -1]?.pbrMetallicRoughness;
  return {
    positions,
    indices: corners,
    normals: normals === undefined ? normalsOf(positions, corners) : transformed(normals, at, 0),
    textureCoords: read(attributes['TEXCOORD_0']),
    colour: looks?.baseColorFactor ?? [1, 1, 1, 1],
    texture: textureOf(glb, looks?.baseColorTexture?.index),
  };
}

function textureOf({ gltf, binary }: Glb, index = -1): MeshPart['texture'] {
  const texture = gltf.textures[index];
  const image = gltf.images[texture?.extensions?.EXT_texture_webp?.source ?? texture?.source ?? -1];
  const view = gltf.bufferViews[image?.bufferView ?? -1];
  if (image?.mimeType === undefined || view === undefined) return undefined;
  return { bytes: binary.subarray(view.byteOffset, view.byteOffset + view.byteLength), type: image.mimeType };
}
