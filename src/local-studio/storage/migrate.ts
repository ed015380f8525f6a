import type { Postgres } from '../../system/database/postgres.ts';
import type { Sql } from '../../system/database/sql.ts';
import type { ArtifactStore } from './artifacts.ts';
import { artifactsOf, type Copied, copyStudio, type KnownArtifact } from './sql/copy.ts';

/** What a move takes: where the data is, and where it goes. */
export interface StudioMove {
  readonly from: Sql;
  readonly to: Postgres;
  /** Artifacts stay where they are without these. */
  readonly artifacts?: { readonly from: ArtifactStore; readonly to: ArtifactStore } | undefined;
}

/** What was moved. Artifacts whose file is gone are missing. */
export interface Moved extends Copied {
  readonly artifacts: number;
  readonly missing: number;
}

/**
 * Copies a studio's data to a database that several studios share. The old data stays as it was.
 *
 * @throws WorkerError as `copyStudio`, and `disk.full`
 */
export async function moveStudio({ from, to, artifacts }: StudioMove): Promise<Moved> {
  const renamed = new Map<string, string>();
  const known = artifacts === undefined ? [] : await artifactsOf(from);
  for (const each of known) {
    const name = artifacts && (await copyArtifact(artifacts.from, artifacts.to, each));
    if (name !== undefined) renamed.set(each.name, name);
  }
  return { ...(await copyStudio(from, to, renamed)), artifacts: renamed.size, missing: known.length - renamed.size };
}

/** The name of the copy; undefined when there is nothing to copy. */
async function copyArtifact(from: ArtifactStore, to: ArtifactStore, { name, jobId, ext }: KnownArtifact) {
  const bytes = await from.open(name);
  if (bytes === undefined) return undefined;
  const writer = await to.begin();
  try {
    for await (const chunk of bytes instanceof Blob ? bytes.stream() : bytes) await writer.write(chunk);
    return (await writer.keep(jobId, ext)).name;
  } finally {
    await writer.discard();
  }
}
