/** How many bytes the parts have together. */
export const bytesIn = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.byteLength, 0);

/** The parts as one, in a buffer of its own. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytesIn(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

export interface ReadLimit {
  readonly maxBytes: number;
  /** Makes what is thrown when there is more. */
  readonly tooLarge: () => Error;
}

/** Reads a body whole, and no more of it than allowed: the peer decides what it sends, not what we hold in memory. */
export async function readLimited(
  chunks: AsyncIterable<Uint8Array> | null,
  { maxBytes, tooLarge }: ReadLimit,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of chunks ?? []) {
    sizeBytes += part.byteLength;
    if (sizeBytes > maxBytes) throw tooLarge();
    parts.push(part);
  }
  return joinBytes(parts);
}
