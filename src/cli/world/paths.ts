/** A file or folder that this program keeps on the machine. */
export interface OwnedPath {
  readonly what: string;
  readonly path: string;
  /** Of everything in it; undefined where there is nothing. */
  readonly sizeBytes: number | undefined;
}
