import { errorChain } from '../../base/errors.ts';
import { type ModelId, toModelId } from '../../base/ids.ts';
import { writeJson } from '../../contract/json.ts';
import { type ModelSource, ModelSourceSchema, shownSource } from '../../contract/model-source.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';
import { FieldReader, malformed, readStateFile } from '../state-file.ts';

/** A model to load again after a restart, with all that takes. */
export interface Resident {
  readonly model: ModelId;
  readonly source: ModelSource;
  /** Its size in memory, in GiB. */
  readonly gb: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedAt: number;
  /** The id of the GPU it was kept on; absent where its engine chose. */
  readonly gpu?: string;
}

/** The models that were in memory when the worker ended, however it ended. */
export interface Residency {
  /** What an earlier run left, the most recently used first. */
  readonly found: readonly Resident[];
  /** Remembers what is in memory now. Saved in the background; a failure to save is logged. */
  remember(residents: readonly Resident[]): void;
  /** Settles when what was last remembered is on the disk, or could not be put there. */
  saved(): Promise<void>;
}

/** What the residency file is read and written with. */
export interface ResidencyOptions {
  readonly path: string;
  readonly files: Pick<Files, 'readText' | 'writeAtomic' | 'rename'>;
  readonly clock: { now(): number };
  readonly log: Logger;
}

const VERSION = 1;
/** More models than any machine has in memory: a file that lists more is not ours. */
const MAX_MODELS = 100;

/** Opens what an earlier run left. A file that cannot be read is put aside, for the operator to inspect. */
export async function openResidency(options: ResidencyOptions): Promise<Residency> {
  const { path, files, log } = options;
  const { found, onDisk: read } = await load(options);
  let text = toText(found);
  let onDisk = read ?? text;

  async function save(): Promise<void> {
    if (text === onDisk) return; // an earlier turn of the queue included this change
    const written = text;
    try {
      await files.writeAtomic(path, written, { mode: 0o600 });
      onDisk = written;
    } catch (thrown) {
      log.warn('residency.not-saved', { path, error: errorChain(thrown) });
    }
  }

  let saving = save(); // a file written otherwise, which may hold more than it should, is rewritten
  return {
    found,
    remember(residents) {
      text = toText(residents);
      saving = saving.then(save);
    },
    saved: () => saving,
  };
}

const toText = (residents: readonly Resident[]): string =>
  `${writeJson({ version: VERSION, models: residents.map(withoutSecrets) })}\n`;

/** A resident is loaded from files that are here: what its URLs carry beside their place is of no use. */
const withoutSecrets = (resident: Resident): Resident => ({
  ...resident,
  source: shownSource(resident.source),
});

/** What the file lists, and its text as it stands; undefined when there is none that can be read. */
async function load({ path, files, clock, log }: ResidencyOptions): Promise<{
  readonly found: readonly Resident[];
  readonly onDisk: string | undefined;
}> {
  let because: string;
  try {
    const text = await files.readText(path);
    if (text === undefined) return { found: [], onDisk: undefined };
    const residents = readStateFile(text, residentsOf);
    if (residents.is === 'read') {
      return { found: residents.value.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt), onDisk: text };
    }
    because = residents.problem;
  } catch (thrown) {
    because = errorChain(thrown);
  }
  const aside = `${path}.corrupt-${Math.floor(clock.now() / 1000)}`;
  log.warn('residency.unreadable', { path, because, aside });
  await files.rename(path, aside).catch(() => {}); // it is overwritten in any case
  return { found: [], onDisk: undefined };
}

function residentsOf(fields: FieldReader): readonly Resident[] {
  fields.version(VERSION);
  return fields.list('models', MAX_MODELS).map((entry) => residentOf(FieldReader.of(entry, 'models')));
}

function residentOf(fields: FieldReader): Resident {
  const model = fields.text('model');
  if (model === '') throw malformed('model: expected a name');
  const source = readJson(ModelSourceSchema, writeJson(fields.value('source'))); // through text, because that is what it reads
  if (source.is === 'unreadable') throw malformed(`source: ${source.problem}`);
  const gpu = fields.optionalText('gpu');
  return {
    model: toModelId(model),
    source: source.value,
    gb: fields.amount('gb'),
    lastUsedAt: fields.amount('lastUsedAt'),
    ...(gpu === undefined ? {} : { gpu }),
  };
}
