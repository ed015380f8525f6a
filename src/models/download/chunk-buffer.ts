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
    const whole = more.length === 0 ? first : new Uint8Array(this.sizeBytes);
    if (more.length > 0) {
      let at = 0;
      for (const chunk of this.#chunks) {
        whole.set(chunk, at);
        at += chunk.byteLength;
      }
    }
    this.#chunks = [];
    this.sizeBytes = 0;
    return whole;
  }
}
