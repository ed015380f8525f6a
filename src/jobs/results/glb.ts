import { tagAt, dataViewOf } from './binary.ts';
import { bad, type CheckFinding, GOOD } from './check-finding.ts';

/** Header of the file and of its first chunk (glTF 2.0 §4.4, binary glTF). */
const HEAD_BYTES = 20;
const VERSION = 2;

/** Checks the frame of a GLB file: its first twenty bytes, whatever its size. */
export function checkGlb(bytes: Uint8Array): CheckFinding {
  if (bytes.byteLength < HEAD_BYTES || tagAt(bytes, 0) !== 'glTF') return bad('the mesh is not a GLB file');
  const view = dataViewOf(bytes);
  const version = view.getUint32(4, true);
  if (version !== VERSION) return bad(`the GLB has version ${version} instead of ${VERSION}`);
  const declared = view.getUint32(8, true);
  if (declared !== bytes.byteLength) return bad(`the GLB declares ${declared} bytes and has ${bytes.byteLength}`);
  if (tagAt(bytes, 16) !== 'JSON') return bad('the first chunk of the GLB is not its JSON');
  return view.getUint32(12, true) > bytes.byteLength - HEAD_BYTES ? bad('the GLB is cut off') : GOOD;
}
