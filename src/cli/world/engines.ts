import type { FileProgress } from '../../models/store/options.ts';

/** Fetches packs by their names. */
export interface PackPuller {
  /** Resolves with the folder. @throws WorkerError `cli.usage` | what fetching throws */
  pull(name: string, signal: AbortSignal, onProgress: (progress: FileProgress) => void): Promise<string>;
}
