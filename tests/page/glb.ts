/** One triangle whose corners are the origin, one to the right and one up. */
export const TRIANGLE = {
  asset: { version: '2.0' },
  scene: 0,
  scenes: [{ nodes: [0] }],
  nodes: [{ mesh: 0 }],
  meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
  accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' }],
  bufferViews: [{ byteLength: 36 }],
};
const CORNERS = new Uint8Array(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]).buffer);

/** A GLB file of a scene as it is given, right or wrong. */
export function glbOf(gltf: object, binary: Uint8Array = CORNERS): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(gltf));
  const pieces = [
    { type: 0x4e_4f_53_4a, bytes: json },
    { type: 0x00_4e_49_42, bytes: binary },
  ];
  const file = new Uint8Array(12 + pieces.reduce((sum, { bytes }) => sum + 8 + bytes.byteLength, 0));
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x46_54_6c_67, true);
  view.setUint32(4, 2, true);
  view.setUint32(8, file.byteLength, true);
  let at = 12;
  for (const { type, bytes } of pieces) {
    view.setUint32(at, bytes.byteLength, true);
    view.setUint32(at + 4, type, true);
    file.set(bytes, at + 8);
    at += 8 + bytes.byteLength;
  }
  return file;
}
