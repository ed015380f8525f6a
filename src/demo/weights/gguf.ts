import { joinBytes } from '../../base/bytes.ts';

/*
 * Writes GGUF model files, version 3 (docs/gguf.md of ggml), so that the unmodified llama.cpp runs on weights of a
 * megabyte. Numbers of types are the document's.
 */

/** A named fact about the model, as it stands in the file. */
export type GgufFact = Uint8Array;

/** Half-precision numbers, or single ones where the library asks for them. */
export interface GgufTensor {
  readonly name: string;
  /** The first size is that of a row. */
  readonly shape: readonly number[];
  readonly data: Float16Array | Float32Array;
}

const VERSION = 3;
const ALIGNMENT = 32;
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, list: 9 } as const;
const TENSOR = { f32: 0, f16: 1 } as const;

const encoder = new TextEncoder();
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const word = (value: string): Uint8Array => joinBytes([u64(encoder.encode(value).length), encoder.encode(value)]);
const padded = (bytes: Uint8Array): Uint8Array =>
  joinBytes([bytes, new Uint8Array((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);

const fact = (name: string, type: number, value: Uint8Array): GgufFact => joinBytes([word(name), u32(type), value]);
const list = (type: number, items: readonly Uint8Array[]): Uint8Array =>
  joinBytes([u32(type), u64(items.length), ...items]);

export const count = (name: string, value: number): GgufFact => fact(name, TYPE.u32, u32(value));
export const decimal = (name: string, value: number): GgufFact =>
  fact(name, TYPE.f32, new Uint8Array(Float32Array.of(value).buffer));
export const claim = (name: string, value: boolean): GgufFact => fact(name, TYPE.bool, Uint8Array.of(value ? 1 : 0));
export const text = (name: string, value: string): GgufFact => fact(name, TYPE.text, word(value));
export const texts = (name: string, values: readonly string[]): GgufFact =>
  fact(name, TYPE.list, list(TYPE.text, values.map(word)));
export const decimals = (name: string, values: readonly number[]): GgufFact =>
  fact(
    name,
    TYPE.list,
    list(
      TYPE.f32,
      values.map((value) => new Uint8Array(Float32Array.of(value).buffer)),
    ),
  );
export const counts = (name: string, values: readonly number[]): GgufFact =>
  fact(name, TYPE.list, list(TYPE.i32, values.map(u32)));

/** The file of a model. */
export function ggufFile(facts: readonly GgufFact[], tensors: readonly GgufTensor[]): Uint8Array {
  const blocks = tensors.map(({ data }) => padded(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  let offset = 0;
  const table = tensors.map(({ name, shape, data }, at) => {
    const type = data instanceof Float32Array ? TENSOR.f32 : TENSOR.f16;
    const row = joinBytes([word(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)]);
    offset += blocks[at]?.length ?? 0;
    return row;
  });
  const head = [encoder.encode('GGUF'), u32(VERSION), u64(tensors.length), u64(facts.length)];
  return joinBytes([padded(joinBytes([...head, ...facts, ...table])), ...blocks]);
}
