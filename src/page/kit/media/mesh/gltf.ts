import * as v from 'valibot';
import { readJson } from '../../../../contract/read.ts';

/* The parts of glTF 2.0 (Khronos, https://registry.khronos.org/glTF/specs/2.0) that a still picture is made from. */

const Index = v.pipe(v.number(), v.integer(), v.minValue(0));
const Numbers = v.array(v.number());
const some = <const Entries extends v.ObjectEntries>(entries: Entries) => v.optional(v.array(v.object(entries)), []);

const GltfSchema = v.object({
  scene: v.optional(Index, 0),
  scenes: some({ nodes: v.optional(v.array(Index), []) }),
  nodes: some({
    mesh: v.exactOptional(Index),
    children: v.optional(v.array(Index), []),
    matrix: v.exactOptional(v.pipe(Numbers, v.length(16))),
    translation: v.exactOptional(Numbers),
    rotation: v.exactOptional(Numbers),
    scale: v.exactOptional(Numbers),
  }),
  meshes: some({
    primitives: v.array(
      v.object({
        attributes: v.record(v.string(), Index),
        indices: v.exactOptional(Index),
        material: v.exactOptional(Index),
        mode: v.optional(Index, 4),
      }),
    ),
  }),
  accessors: some({
    bufferView: v.exactOptional(Index),
    byteOffset: v.optional(Index, 0),
    componentType: Index,
    normalized: v.optional(v.boolean(), false),
    count: Index,
    type: v.string(),
    sparse: v.exactOptional(v.object({})),
  }),
  bufferViews: some({
    byteOffset: v.optional(Index, 0),
    byteLength: Index,
    byteStride: v.exactOptional(Index),
  }),
  materials: some({
    pbrMetallicRoughness: v.exactOptional(
      v.object({
        baseColorFactor: v.exactOptional(v.tuple([v.number(), v.number(), v.number(), v.number()])),
        baseColorTexture: v.exactOptional(v.object({ index: Index })),
      }),
    ),
  }),
  textures: some({
    source: v.exactOptional(Index),
    extensions: v.exactOptional(v.object({ EXT_texture_webp: v.exactOptional(v.object({ source: Index })) })),
  }),
  images: some({ bufferView: v.exactOptional(Index), mimeType: v.exactOptional(v.string()) }),
  extensionsRequired: v.optional(v.array(v.string()), []),
});
export type Gltf = v.InferOutput<typeof GltfSchema>;

/** What a GLB file holds: the description of a scene, and the bytes that it speaks of. */
export interface Glb {
  readonly gltf: Gltf;
  readonly binary: Uint8Array;
}

const [MAGIC, JSON_CHUNK, BINARY_CHUNK] = [0x46_54_6c_67, 0x4e_4f_53_4a, 0x00_4e_49_42];
/** A file may say that it cannot be shown without an extension; of these we have what a picture needs. */
const KNOWN: ReadonlySet<string> = new Set(['EXT_texture_webp', 'KHR_materials_unlit', 'KHR_mesh_quantization']);

/** @throws TypeError | RangeError for a file that is none, or that needs an extension we do not have */
export function readGlb(file: Uint8Array): Glb {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new TypeError('not a GLB file');
  const chunks = new Map<number, Uint8Array>();
  for (let at = 12; at + 8 <= file.byteLength;) {
    const length = view.getUint32(at, true);
    chunks.set(view.getUint32(at + 4, true), file.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const read = readJson(GltfSchema, new TextDecoder().decode(chunks.get(JSON_CHUNK)));
  if (read.is === 'unreadable') throw new TypeError(`not a glTF scene: ${read.problem}`);
  const unknown = read.value.extensionsRequired.filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw new TypeError(`the file needs ${unknown.join(', ')}`);
  return { gltf: read.value, binary: chunks.get(BINARY_CHUNK) ?? new Uint8Array() };
}
