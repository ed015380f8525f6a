/** One artifact on its way in. Ends in `keep` or `discard`; both may be called after a failure. */
export interface ArtifactWriter {
  /** Takes the next bytes; resolves when more may come. */
  write(chunk: Uint8Array): Promise<void>;
  /** Puts the bytes on the disk under a name made of the job and their SHA-256. A name that exists is whole. */
  keep(jobId: string, ext: string): Promise<KeptArtifact>;
  /** Forgets the bytes. Fine after `keep`, when nothing is left to forget. */
  discard(): Promise<void>;
}

/** An artifact on the disk. */
export interface KeptArtifact {
  readonly name: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Where results that are files live. */
export interface ArtifactStore {
  begin(): Promise<ArtifactWriter>;
  /** The bytes, to be streamed; undefined when there is no such artifact. */
  open(name: string): Promise<Blob | undefined>;
  /** Fine when it is missing. */
  remove(name: string): Promise<void>;
}
