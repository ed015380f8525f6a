import { alignedTo, alignmentOf, type DbusValue, isVariant, typesOf } from './values.ts';

/** Values as bytes, little-endian, aligned from the first one on. @throws TypeError for a value that is not of its type */
export function encodeValues(signature: string, values: readonly DbusValue[]): Buffer {
  const writer = new ValueWriter();
  for (const [index, type] of typesOf(signature).entries()) writer.write(type, values[index]);
  return writer.bytes;
}

/** What numbers of a type are written with. */
const NUMBERS = {
  y: [1, (bytes: Buffer, value: number, at: number) => bytes.writeUInt8(value, at)],
  n: [2, (bytes: Buffer, value: number, at: number) => bytes.writeInt16LE(value, at)],
  q: [2, (bytes: Buffer, value: number, at: number) => bytes.writeUInt16LE(value, at)],
  i: [4, (bytes: Buffer, value: number, at: number) => bytes.writeInt32LE(value, at)],
  u: [4, (bytes: Buffer, value: number, at: number) => bytes.writeUInt32LE(value, at)],
  d: [8, (bytes: Buffer, value: number, at: number) => bytes.writeDoubleLE(value, at)],
} as const;
const isNumberType = (type: string): type is keyof typeof NUMBERS => Object.hasOwn(NUMBERS, type);

class ValueWriter {
  #buffer = Buffer.alloc(256);
  #length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  write(type: string, value: DbusValue | undefined): void {
    this.#align(alignmentOf(type));
    if (isNumberType(type)) return this.#number(type, value);
    const kind = type.charAt(0);
    if (kind === 'b') return this.#number('u', value === true ? 1 : 0);
    if (kind === 's' || kind === 'o' || kind === 'g') return this.#text(kind, value);
    if (kind === 'x' || kind === 't') return this.#long(kind, value);
    if (kind === 'v') return this.#variant(value);
    if (kind === 'a') return this.#array(type.slice(1), value);
    const members = listOf(value, type);
    for (const [index, member] of typesOf(type.slice(1, -1)).entries()) this.write(member, members[index]);
  }

  #number(type: keyof typeof NUMBERS, value: DbusValue | undefined): void {
    if (typeof value !== 'number') throw new TypeError(`no number for ${type}`);
    const [size, put] = NUMBERS[type];
    const at = this.#reserve(size); // which may make another buffer
    put(this.#buffer, value, at);
  }

  #long(type: 'x' | 't', value: DbusValue | undefined): void {
    if (typeof value !== 'bigint') throw new TypeError(`no big integer for ${type}`);
    const at = this.#reserve(8);
    if (type === 'x') this.#buffer.writeBigInt64LE(value, at);
    else this.#buffer.writeBigUInt64LE(value, at);
  }

  #text(kind: 's' | 'o' | 'g', value: DbusValue | undefined): void {
    if (typeof value !== 'string') throw new TypeError(`no text for ${kind}`);
    const text = Buffer.from(`${value}\0`);
    this.#number(kind === 'g' ? 'y' : 'u', text.length - 1);
    this.#append(text);
  }

  #variant(value: DbusValue | undefined): void {
    if (!isVariant(value)) throw new TypeError('no variant');
    this.write('g', value.type);
    this.write(value.type, value.value);
  }

  /** Its length counts neither itself nor the gap before its first element. */
  #array(type: string, value: DbusValue | undefined): void {
    const lengthAt = this.#reserve(4);
    this.#align(alignmentOf(type));
    const start = this.#length;
    if (value instanceof Uint8Array) this.#append(value);
    else for (const element of listOf(value, `a${type}`)) this.write(type, element);
    this.#buffer.writeUInt32LE(this.#length - start, lengthAt);
  }

  #append(more: Uint8Array): void {
    const at = this.#reserve(more.length);
    this.#buffer.set(more, at);
  }

  #align(to: number): void {
    this.#reserve(alignedTo(this.#length, to) - this.#length);
  }

  /** Where that many bytes begin, zero until they are written. */
  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.alloc(this.#length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return at;
  }
}

const isList = (value: DbusValue | undefined): value is readonly DbusValue[] => Array.isArray(value);

function listOf(value: DbusValue | undefined, type: string): readonly DbusValue[] {
  if (isList(value)) return value;
  throw new TypeError(`no list for ${type}`);
}
