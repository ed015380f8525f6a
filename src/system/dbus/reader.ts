import { alignedTo, alignmentOf, type DbusValue, typesOf } from './values.ts';

/** The values of a body. @throws RangeError for one that is cut off or is not what its signature says */
export function decodeValues(signature: string, bytes: Uint8Array, isLittle: boolean): readonly DbusValue[] {
  const reader = new DbusReader(bytes, isLittle);
  return typesOf(signature).map((type) => reader.read(type));
}

/** Reads one value after the other; `at` is where the next one begins, or the gap before it. */
export class DbusReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = isLittle;
  }

  /** @throws RangeError */
  read(type: string): DbusValue {
    this.align(alignmentOf(type));
    const kind = type.charAt(0);
    if (kind === 'a') return this.#array(type.slice(1));
    if (kind === '(' || kind === '{') return typesOf(type.slice(1, -1)).map((member) => this.read(member));
    return this.#basic(kind);
  }

  align(to: number): void {
    this.at = alignedTo(this.at, to);
  }

  #basic(kind: string): DbusValue {
    const [view, little] = [this.#view, this.#isLittle];
    switch (kind) {
      case 'y':
        return view.getUint8(this.#skip(1));
      case 'b':
        return view.getUint32(this.#skip(4), little) !== 0;
      case 'n':
        return view.getInt16(this.#skip(2), little);
      case 'q':
        return view.getUint16(this.#skip(2), little);
      case 'i':
        return view.getInt32(this.#skip(4), little);
      case 'u':
      case 'h':
        return view.getUint32(this.#skip(4), little);
      case 'x':
        return view.getBigInt64(this.#skip(8), little);
      case 't':
        return view.getBigUint64(this.#skip(8), little);
      case 'd':
        return view.getFloat64(this.#skip(8), little);
      case 'v':
        return this.#variant();
      case 'g':
        return this.#text(view.getUint8(this.#skip(1)));
      default:
        return this.#text(view.getUint32(this.#skip(4), little));
    }
  }

  #variant(): DbusValue {
    const signature = this.#text(this.#view.getUint8(this.#skip(1)));
    const [type = '', ...more] = typesOf(signature);
    if (type === '' || more.length > 0) throw new RangeError(`a variant of ${more.length + 1} types`);
    return { type, value: this.read(type) };
  }

  #array(type: string): DbusValue {
    const length = this.#view.getUint32(this.#skip(4), this.#isLittle);
    this.align(alignmentOf(type));
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError('cut off');
    if (type === 'y') return this.#bytes.slice(this.#skip(length), end);
    const elements: DbusValue[] = [];
    while (this.at < end) elements.push(this.read(type));
    return elements;
  }

  #text(length: number): string {
    const start = this.#skip(length + 1); // a zero byte ends it
    if (this.at > this.#bytes.length) throw new RangeError('cut off');
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  #skip(count: number): number {
    const at = this.at;
    this.at += count;
    return at;
  }
}
