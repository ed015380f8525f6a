import { MIB } from '../../base/units.ts';
import { ByteReader, invalid, Unreadable } from './bytes.ts';

/*
 * Safetensors (huggingface/safetensors, format section of its README): the length of a JSON header, the header, then the
 * tensors' bytes. The library itself rejects headers above 100 MB. Ours is stricter: a hundred megabytes of hostile JSON
 * would take a gigabyte to parse and hold the worker up for seconds, and real headers stay below two.
 */

const MAX_HEADER_BYTES = 16 * MIB;
const NOT_A_TENSOR = '__metadata__';

/** What a readable safetensors header says of its file. */
export interface SafetensorsHeader {
  readonly tensors: number;
}

/**
 * Reads a header from the first bytes of a file.
 *
 * @throws Unreadable
 */
export function readSafetensors(bytes: Uint8Array, fileBytes: number): SafetensorsHeader {
  const reader = new ByteReader(bytes);
  const headerBytes = reader.u64('the length of its header');
  if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES) throw invalid(`its header is ${headerBytes} bytes long`);
  const dataBytes = fileBytes - reader.at - headerBytes;
  if (dataBytes < 0) throw truncated(`its header needs ${headerBytes} bytes and it has ${fileBytes}`);
  const header = parse(reader.bytes(headerBytes));
  const tensors = Object.entries(header).filter(([name]) => name !== NOT_A_TENSOR);
  for (const [, tensor] of tensors) checkTensor(tensor, dataBytes);
  return { tensors: tensors.length };
}

const truncated = (because: string): Unreadable => new Unreadable({ is: 'truncated', because });

function parse(bytes: Uint8Array): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // not JSON, not UTF-8, or nested deeper than the parser goes: none of it is a header
  }
  throw invalid('its header is not a JSON object');
}

function checkTensor(tensor: unknown, dataBytes: number): void {
  if (typeof tensor !== 'object' || tensor === null || !('data_offsets' in tensor))
    throw invalid('a tensor has no offsets');
  const { data_offsets: offsets } = tensor;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isOffset))
    throw invalid('a tensor has no offsets');
  const [from = 0, to = 0]: readonly number[] = offsets;
  if (from > to) throw invalid('a tensor ends before it begins');
  if (to > dataBytes) throw truncated(`its tensors need ${to} bytes and it has ${dataBytes}`);
}

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
