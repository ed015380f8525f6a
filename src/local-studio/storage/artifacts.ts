/** One artifact on its way in. Ends in `keep` or `discard`; both may be called after a failure. */
export interface ArtifactWriter {
  /** Takes the next bytes; resolves when more may come. */
  write(chunk: Uint8Array): Promise<void>;
  /** Puts the bytes into the store under a name of its own. What has a name is whole. */
  keep(jobId: string, ext: string): Promise<KeptArtifact>;
  /** Forgets the bytes. Fine after `keep`, when nothing is left to forget. */
  discard(): Promise<void>;
}

/** An artifact in the store. */
export interface KeptArtifact {
  readonly name: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** How bytes present themselves to who fetches them. */
export interface ArtifactHead {
  readonly contentType: string;
  /** A `Content-Disposition`. */
  readonly disposition: string;
}

/** Where results that are files live. */
export interface ArtifactStore {
  begin(): Promise<ArtifactWriter>;
  /** The bytes, to be streamed; undefined when there is no such artifact. */
  open(name: string): Promise<Blob | ReadableStream<Uint8Array> | undefined>;
  /** Fine when it is missing. */
  remove(name: string): Promise<void>;
  /** Ends what was begun before then and never ended, because a kill came between; how many there were. */
  sweep(before: number): Promise<number>;
  /** Asks whether the store is there. @throws its error when it is not */
  check(): Promise<void>;
  /** Where programs may fetch the bytes without this studio, for a while; undefined where they cannot. */
  urlOf(name: string, head: ArtifactHead): string | undefined;
}
