import type { Glb } from './gltf.ts';

/** How a number is stored: its bytes, how it is read, and what the largest stands for where it is a share. */
interface Component {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
  readonly max: number;
}

/** By the number that glTF 2.0 has for each (accessor.componentType). */
const COMPONENTS: ReadonlyMap<number, Component> = new Map([
  [5120, { bytes: 1, read: (view, at) => view.getInt8(at), max: 127 }],
  [5121, { bytes: 1, read: (view, at) => view.getUint8(at), max: 255 }],
  [5122, { bytes: 2, read: (view, at) => view.getInt16(at, true), max: 32_767 }],
  [5123, { bytes: 2, read: (view, at) => view.getUint16(at, true), max: 65_535 }],
  [5125, { bytes: 4, read: (view, at) => view.getUint32(at, true), max: 4_294_967_295 }],
  [5126, { bytes: 4, read: (view, at) => view.getFloat32(at, true), max: 1 }],
]);
const PARTS: Readonly<Record<string, number>> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };

/**
 * The numbers of one accessor, one after the other.
 *
 * @throws TypeError for a form that we do not read; RangeError where the bytes of the file do not reach
 */
export function readAccessor({ gltf, binary }: Glb, index: number): Float64Array {
  const accessor = gltf.accessors[index];
  const view = gltf.bufferViews[accessor?.bufferView ?? -1];
  const component = COMPONENTS.get(accessor?.componentType ?? 0);
  const parts = PARTS[accessor?.type ?? ''];
  if (accessor === undefined || view === undefined || component === undefined || parts === undefined) {
    throw new TypeError('the file keeps its numbers in a form that is not read');
  }
  if (accessor.sparse !== undefined) throw new TypeError('sparse accessors are not read');
  const stride = view.byteStride ?? component.bytes * parts;
  const bytes = new DataView(binary.buffer, binary.byteOffset + view.byteOffset, view.byteLength);
  const needed =
    accessor.count === 0 ? 0 : accessor.byteOffset + stride * (accessor.count - 1) + component.bytes * parts;
  if (needed > view.byteLength) throw new RangeError('the file is shorter than it says');
  const scale = accessor.normalized ? 1 / component.max : 1;
  const values = new Float64Array(accessor.count * parts);
  for (let at = 0; at < values.length; at++) {
    const from = accessor.byteOffset + Math.floor(at / parts) * stride + (at % parts) * component.bytes;
    values[at] = component.read(bytes, from) * scale;
  }
  return values;
}
