/** A package's native files, packed into the executable. */
export interface Payload {
  /** Where the archive (tar, on its own or in zstd) can be read: inside the executable. */
  readonly path: string;
  /** Of the archive, 64 hex digits. */
  readonly sha256: string;
}

/** The packages whose native files travel so. */
export type PayloadName = 'sharp' | 'ort' | 'llama' | 'vision' | 'whisper';

/** None in a checkout, where packages load from `node_modules`. The build puts its own table in this file's place. */
export const payloads: Readonly<Partial<Record<PayloadName, Payload>>> = {};
