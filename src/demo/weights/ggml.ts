/*
 * Writes the parts of model files in whisper.cpp's own format (GGML: whisper.cpp, models/convert-pt-to-ggml.py): numbers
 * of 32 bits and tensors, each behind its description.
 */

/** First bytes of such a file. */
export const GGML_MAGIC = 0x67676d6c;
const encoder = new TextEncoder();

const FLOATS = 0;
const HALVES = 1;
const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** A tensor of 32-bit floats, of zeros unless told otherwise. The first dimension is the one that lies closest together. */
export const tensor = (
  name: string,
  dims: readonly number[],
  values: Float32Array = new Float32Array(sizeOf(dims)),
): Uint8Array[] => [...description(name, dims, FLOATS), bytesOf(values)];

/** A tensor of 16-bit floats. */
export const halves = (name: string, dims: readonly number[], values?: Float32Array): Uint8Array[] => [
  ...description(name, dims, HALVES),
  bytesOf(values === undefined ? new Uint16Array(sizeOf(dims)) : toHalves(values)),
];

function description(name: string, dims: readonly number[], type: number): readonly Uint8Array[] {
  const spelt = encoder.encode(name);
  return [integers(dims.length, spelt.byteLength, type, ...dims), spelt];
}

/** To 16-bit floats (IEEE 754 binary16), cutting what does not fit; what is too small becomes zero. */
function toHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (whole) => {
    const sign = (whole >>> 16) & 0x8000;
    const exponent = ((whole >>> 23) & 0xff) - 112;
    return exponent <= 0 ? sign : sign | (exponent << 10) | ((whole >>> 13) & 0x3ff);
  });
}

export const integers = (...values: readonly number[]): Uint8Array => bytesOf(Int32Array.from(values));
export const bytesOf = (values: Float32Array | Uint16Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
