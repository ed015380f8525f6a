/** Where the worker keeps what it makes, and which of these folders are nobody else's. */
export interface PurgeFacts {
  readonly config: {
    readonly path: string;
    readonly folder: string;
    /** The worker's files beside the config, whether they are there or not. */
    readonly beside: readonly string[];
    /** The folder is this program's own, and not one that the operator named. */
    readonly isOwnFolder: boolean;
  };
  readonly cache: {
    readonly folder: string;
    readonly isOwnFolder: boolean;
  };
  readonly dataFolder: string;
}

/** What a cache folder that the operator named holds of ours. */
const CACHED = ['native', 'packs', 'cuda', 'mesa', 'gl'];

/**
 * What a purge deletes, in this order. A folder that the operator named may hold files of others, so it loses ours only;
 * models that were not downloaded are not ours.
 */
export function purgedPaths({ config, cache, dataFolder }: PurgeFacts): readonly string[] {
  return [
    ...(config.isOwnFolder ? [config.folder] : [...config.beside, config.path]),
    ...(cache.isOwnFolder ? [cache.folder] : CACHED.map((name) => `${cache.folder}/${name}`)),
    dataFolder,
  ];
}
