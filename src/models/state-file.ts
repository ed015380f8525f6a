import { parseJson } from '../contract/json.ts';
import type { Read } from '../contract/read.ts';

/*
 * Files that we wrote ourselves are read like all that is foreign: the power failed in the middle of one, another version
 * wrote it, or somebody edited it. These few readers take a value for what it has to be, or reject the whole file with a
 * problem that names the field and never echoes its content.
 */

/** Ends the reading of a file from deep inside it; never leaves `readStateFile`. */
class Malformed extends Error {}

/** Rejects the file that is being read. */
export const malformed = (problem: string): Error => new Malformed(problem);

/** Reads a JSON object with `read`, which takes from its fields what it needs. Never throws for what the text holds. */
export function readStateFile<T>(text: string, read: (fields: FieldReader) => T): Read<T> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { is: 'unreadable', problem: 'not JSON' };
  }
  try {
    return { is: 'read', value: read(FieldReader.of(value, 'file')) };
  } catch (thrown) {
    if (thrown instanceof Malformed) return { is: 'unreadable', problem: thrown.message };
    throw thrown;
  }
}

/** The fields of one JSON object, each read as what it has to be. */
export class FieldReader {
  readonly #fields: ReadonlyMap<string, unknown>;

  private constructor(fields: ReadonlyMap<string, unknown>) {
    this.#fields = fields;
  }

  static of(value: unknown, name: string): FieldReader {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformed(`${name}: expected an object`);
    }
    return new FieldReader(new Map<string, unknown>(Object.entries(value)));
  }

  entries(): readonly (readonly [string, unknown])[] {
    return [...this.#fields];
  }

  value(name: string): unknown {
    return this.#fields.get(name);
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value === 'string') return value;
    throw malformed(`${name}: expected a text`);
  }

  optionalText(name: string): string | undefined {
    return this.value(name) === undefined ? undefined : this.text(name);
  }

  count(name: string): number {
    return toCount(this.value(name), name);
  }

  /** A finite number that is not negative. */
  amount(name: string): number {
    const value = this.value(name);
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
    throw malformed(`${name}: expected a number that is not negative`);
  }

  list(name: string, maxItems: number): readonly unknown[] {
    const value = this.value(name);
    if (Array.isArray(value) && value.length <= maxItems) return value;
    throw malformed(`${name}: expected a list of at most ${maxItems}`);
  }

  object(name: string): FieldReader {
    return FieldReader.of(this.value(name), name);
  }

  /** Empty when the field is missing. */
  optionalObject(name: string): FieldReader {
    return this.value(name) === undefined ? new FieldReader(new Map()) : this.object(name);
  }

  /** The file has to be of the version that we write. */
  version(expected: number): void {
    if (this.value('version') !== expected) throw malformed(`version: expected ${expected}`);
  }
}

/** A whole number that is not negative. */
export function toCount(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(`${name}: expected a whole number`);
}
