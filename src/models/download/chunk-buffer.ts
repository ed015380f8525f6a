/** Chunks that follow each other. */
export class ChunkBuffer {
  #chunks: Uint8Array[] = [];
  sizeBytes = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.sizeBytes += chunk.byteLength;
  }

  /** All of them, as they came: joining them would take as long as fetching them. Nothing is left. */
  take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.sizeBytes = 0;
    return chunks;
  }
}
