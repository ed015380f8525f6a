import type { ModelSource } from '../contract/model-source.ts';

/** A file of a release that may be too large for memory. */
interface LargeFile {
  readonly url: string;
  readonly name: string;
  /** In hex. */
  readonly sha256: string;
  /** What has to be free on the disk for it. */
  readonly diskBytes: number;
}

/**
 * A file of a release as a model of one file: the model store then fetches it, which resumes what was cut, fetches ranges
 * in parallel and verifies the digest. Its path is that of the role `model`.
 */
export const downloadSource = ({ url, name, sha256, diskBytes }: LargeFile): ModelSource => ({
  engine: 'synthetic',
  files: [{ role: 'model', url, filename: name, sha256, approxBytes: BigInt(diskBytes) }],
  cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 },
});
