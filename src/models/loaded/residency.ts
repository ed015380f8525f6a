import { errorChain, toWorkerError } from '../../base/errors.ts';
import { type ModelId, toModelId } from '../../base/ids.ts';
import { parseJson, writeJson } from '../../contract/json.ts';
import { type ModelSource, ModelSourceSchema } from '../../contract/model-source.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';

/** A model that is wanted in memory across restarts, with all it takes to load it again. */
export interface Resident {
  readonly model: ModelId;
  readonly source: ModelSource;
  /** What it had in memory, in GiB. */
  readonly gb: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedAt: number;
}

/** The models that were in memory when the worker ended, however it ended. */
export interface Residency {
  /** What an earlier run left, the most recently used first. */
  readonly found: readonly Resident[];
  /** Remembers what is in memory now. Saved in the background; a failure to save is logged. */
  remember(residents: readonly Resident[]): void;
  /** Settles when what was remembered last is on the disk, or could not be put there. */
  saved(): Promise<void>;
}

export interface ResidencyOptions {
  readonly path: string;
  readonly files: Pick<Files, 'readText' | 'writeAtomic' | 'rename'>;
  readonly clock: { now(): number };
  readonly log: Logger;
}

const VERSION = 1;
/** More models than any machine has in memory: a file that lists more was not written by us. */
const MOST = 100;

/** Opens what an earlier run left. A file that cannot be read is put aside, so that somebody can look at it. */
export async function openResidency(options: ResidencyOptions): Promise<Residency> {
  const { path, files, log } = options;
  const found = await read(options);
  let text = toText(found);
  let onDisk = text;
  let saving = Promise.resolve();

  async function save(): Promise<void> {
    if (text === onDisk) return; // an earlier turn of the queue took this change along
    const mine = text;
    try {
      await files.writeAtomic(path, mine, { mode: 0o600 });
      onDisk = mine;
    } catch (thrown) {
      log.warn('residency.not-saved', { path, error: errorChain(thrown) });
    }
  }

  return {
    found,
    remember(residents) {
      text = toText(residents);
      saving = saving.then(save);
    },
    saved: () => saving,
  };
}

const toText = (residents: readonly Resident[]): string => `${writeJson({ version: VERSION, models: residents })}\n`;

async function read({ path, files, clock, log }: ResidencyOptions): Promise<readonly Resident[]> {
  let because: string;
  try {
    const text = await files.readText(path);
    if (text === undefined) return [];
    const residents = fromValue(parseJson(text));
    if (residents !== undefined) return residents.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt);
    because = 'not in this version\u2019s form';
  } catch (thrown) {
    because = toWorkerError(thrown).message;
  }
  const aside = `${path}.corrupt-${Math.floor(clock.now() / 1000)}`;
  log.warn('residency.unreadable', { path, because, aside });
  await files.rename(path, aside).catch(() => {}); // it is written anew in any case
  return [];
}

function fromValue(value: unknown): readonly Resident[] | undefined {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('models' in value)) return undefined;
  if (value.version !== VERSION || !Array.isArray(value.models) || value.models.length > MOST) return undefined;
  const residents = value.models
    .map((entry: unknown) => residentFrom(entry))
    .filter((resident) => resident !== undefined);
  return residents.length === value.models.length ? residents : undefined;
}

function residentFrom(entry: unknown): Resident | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  if (!('model' in entry && 'source' in entry && 'gb' in entry && 'lastUsedAt' in entry)) return undefined;
  const { model, gb, lastUsedAt } = entry;
  const source = readJson(ModelSourceSchema, writeJson(entry.source)); // through text, because that is what it reads
  if (typeof model !== 'string' || model === '' || source.is !== 'read') return undefined;
  if (!isAmount(gb) || !isAmount(lastUsedAt)) return undefined;
  return { model: toModelId(model), source: source.value, gb, lastUsedAt };
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < Infinity;
