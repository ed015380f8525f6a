import { WorkerError } from '../../../base/errors.ts';
import { GIB } from '../../../base/units.ts';
import type { CatalogueEntry } from '../../../contract/catalogue.ts';
import type { EngineName, ModelFile } from '../../../contract/model-source.ts';
import { fileAt } from '../../args/model-flags.ts';
import type { World } from '../../world.ts';
import type { InspectedModel } from '../../../models/given/inspect.ts';

/** What the argument of a pull names. */
export type PullArgument = 'url' | 'description' | 'file' | 'catalogue';

/** By the look of it alone: nothing is read. A file of weights needs a folder before it, as names of the catalogue may end so. */
export function kindOfArgument(argument: string): PullArgument {
  if (/^https?:\/\//i.test(argument)) return 'url';
  if (/\.json$/i.test(argument)) return 'description';
  return /[/\\]/.test(argument) && /\.(?:gguf|bin)$/i.test(argument) ? 'file' : 'catalogue';
}

interface Named {
  /** The operator's choice; the name of the file without its ending when left out. */
  readonly id: string | undefined;
  readonly configPath: string | undefined;
}

/**
 * A model that describes itself, at a URL, as the catalogue keeps it.
 *
 * @throws WorkerError `cli.usage` | `url.refused` | `download.failed`
 */
export async function modelAtUrl(argument: string, { id, configPath }: Named, world: Pick<World, 'modelFiles'>) {
  const { approxBytes, ...file } = fileAt('model', '<model>', argument);
  const found = await (await world.modelFiles(configPath)).inspect(file.url);
  const sizeBytes = approxBytes ?? found.sizeBytes;
  const source = { ...file, ...(sizeBytes === undefined ? {} : { approxBytes: BigInt(sizeBytes) }) };
  return entryOf(id ?? bareName(file.filename), found, [source]);
}

/**
 * A model in a file of this machine, which is given its place among the models.
 *
 * @throws WorkerError `cli.usage`
 */
export async function modelInFile(path: string, { id, configPath }: Named, world: Pick<World, 'modelFiles'>) {
  const files = await world.modelFiles(configPath);
  const found = await files.inspect(path);
  const entry = entryOf(id ?? bareName(found.filename), found, []);
  await files.adopt(path, { id: entry.id, engine: entry.source.engine });
  return entry;
}

const bareName = (filename: string): string => filename.replace(/\.[^.]*$/, '');

/** Beside its weights a model takes memory for what it works on. */
const OVERHEAD = 1.2;

function entryOf(id: string, found: InspectedModel, files: readonly ModelFile[]): CatalogueEntry {
  const { kind, sizeBytes = 0 } = found;
  const engine: EngineName = found.engine;
  if (id === '') throw new WorkerError('cli.usage', '<model> does not end in a file name; name it with `--id`');
  return {
    id,
    displayName: id,
    kind,
    vramGbEstimate: Math.ceil((sizeBytes / GIB) * OVERHEAD * 10) / 10,
    source: { engine, files: [...files], cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 } },
    enabled: true,
    origin: 'local',
  };
}
