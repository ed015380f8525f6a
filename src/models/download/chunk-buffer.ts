import { joinBytes } from '../../base/bytes.ts';

/** Chunks that follow each other. */
export class ChunkBuffer {
  #chunks: Uint8Array[] = [];
  sizeBytes = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.sizeBytes += chunk.byteLength;
  }

  /** All of it in one piece; nothing is left. */
  take(): Uint8Array {
    const [first = new Uint8Array(), ...more] = this.#chunks;
    const whole = more.length === 0 ? first : joinBytes(this.#chunks);
    this.#chunks = [];
    this.sizeBytes = 0;
    return whole;
  }
}
