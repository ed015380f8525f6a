import { joinBytes } from '../../base/bytes.ts';

/*
 * Writes ONNX model files (onnx.proto3 of the ONNX specification, protobuf wire format), so that the unmodified
 * runtime runs on weights of a few kilobytes. Field numbers are the specification's.
 */

const encoder = new TextEncoder();

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const integer = (field: number, value: number | bigint): Uint8Array => joinBytes([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  joinBytes([varint((field << 3) | 2), varint(value.length), value]);
const text = (field: number, value: string): Uint8Array => bytes(field, encoder.encode(value));
const message = (field: number, ...parts: readonly Uint8Array[]): Uint8Array => bytes(field, joinBytes(parts));

/** `TensorProto.DataType` */
const FLOAT = 1;
export const INT64 = 7;
type ElementType = typeof FLOAT | typeof INT64;
const IR_VERSION = 8;
const OPSET = 17;

/** Whole numbers, or a word. */
type Attribute = number | readonly number[] | string;

function attribute(name: string, value: Attribute): Uint8Array {
  const [INT, STRING, INTS] = [2, 3, 7];
  if (typeof value === 'number') return message(5, text(1, name), integer(3, value), integer(20, INT));
  if (typeof value === 'string') return message(5, text(1, name), text(4, value), integer(20, STRING));
  return message(5, text(1, name), ...value.map((item) => integer(8, item)), integer(20, INTS));
}

/** A named tensor; a word stands for a size that is known only when the model runs. */
function port(field: number, name: string, dims: readonly (number | string)[], type: ElementType): Uint8Array {
  const shape = dims.map((dim) => message(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim)));
  return message(field, text(1, name), message(2, message(1, integer(1, type), message(2, ...shape))));
}

interface ConstantShape {
  readonly dims?: readonly number[];
  readonly type?: ElementType;
}

/** A graph under construction. Every method gives the name of what it made. */
export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];
  readonly #ports: Uint8Array[] = [];

  input(name: string, dims: readonly (number | string)[], type: ElementType = FLOAT): string {
    this.#ports.push(port(11, name, dims, type));
    return name;
  }

  output(name: string, dims: readonly (number | string)[]): void {
    this.#ports.push(port(12, name, dims, FLOAT));
  }

  /** One row of numbers unless a shape is given; the empty shape is a single number. */
  constant(values: readonly number[], { dims = [values.length], type = FLOAT }: ConstantShape = {}): string {
    const name = `constant${this.#constants.length}`;
    const numbers = type === FLOAT ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
    const shape = dims.map((dim) => integer(1, dim));
    this.#constants.push(
      message(5, ...shape, integer(2, type), text(8, name), bytes(9, new Uint8Array(numbers.buffer))),
    );
    return name;
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    out = '',
  ): string {
    const name = out === '' ? `value${this.#nodes.length}` : out;
    this.#nodes.push(
      message(
        1,
        ...inputs.map((input) => text(1, input)),
        text(2, name),
        text(3, `node${this.#nodes.length}`),
        text(4, operator),
        ...Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      ),
    );
    return name;
  }

  /** The whole file. */
  file(): Uint8Array {
    const graph = message(7, ...this.#nodes, text(2, 'graph'), ...this.#constants, ...this.#ports);
    return joinBytes([
      integer(1, IR_VERSION),
      text(2, 'studio-worker'),
      graph,
      message(8, text(1, ''), integer(2, OPSET)),
    ]);
  }
}
