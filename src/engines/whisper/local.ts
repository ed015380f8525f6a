import { ENGINES } from '../../contract/model-source.ts';
import type { FileFacts, Files } from '../../system/disk/files.ts';
import { localModels } from '../local-models.ts';

export interface LocalRecognisersOptions {
  readonly files: Pick<Files, 'list' | 'stat' | 'openRead'>;
  /** Where the operator puts them. */
  readonly folder: string;
  /** Whether a file that begins like this is a speech recogniser of whisper.cpp. */
  readonly isRecogniser: (start: Uint8Array) => boolean;
}

interface Inspected extends Pick<FileFacts, 'sizeBytes' | 'modifiedAt'> {
  readonly isRecogniser: boolean;
}

const ENDING = ENGINES['whisper-cpp'].folder.ending;

/**
 * The names of the operator's own recognisers. Models that only find speech lie beside them and have the same ending. The
 * start of a file is read when the file is new or another than before.
 */
export function createLocalRecognisers({ files, folder, isRecogniser }: LocalRecognisersOptions) {
  let known: ReadonlyMap<string, Inspected> = new Map();

  async function inspect(name: string): Promise<readonly [string, Inspected] | undefined> {
    const path = `${folder}/${name}${ENDING}`;
    const facts = await files.stat(path);
    if (!facts?.isFile || facts.sizeBytes === 0) return undefined;
    const { sizeBytes, modifiedAt } = facts;
    const before = known.get(name);
    if (before?.sizeBytes === sizeBytes && before.modifiedAt === modifiedAt) return [name, before];
    return [name, { sizeBytes, modifiedAt, isRecogniser: isRecogniser(await startOf(path, files)) }];
  }

  return async (): Promise<readonly string[]> => {
    const names = await localModels(files, folder, ENDING);
    // What cannot be read cannot be loaded either, and is inspected again the next time.
    const inspected = await Promise.all(names.map((name) => inspect(name).catch(() => undefined)));
    known = new Map(inspected.filter((one) => one !== undefined));
    return names.filter((name) => known.get(name)?.isRecogniser === true);
  };
}

/** What is read of a file first. */
async function startOf(path: string, files: Pick<Files, 'openRead'>): Promise<Uint8Array> {
  for await (const chunk of files.openRead(path)) return chunk;
  return new Uint8Array();
}
