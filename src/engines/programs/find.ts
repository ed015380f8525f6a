import { errorChain } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Environment } from '../../system/environment.ts';

/** What a file turned out to be. */
export type TriedFile<Found> =
  /** The search ends here. */
  | { readonly is: 'accepted'; readonly found: Found }
  /** Taken where no other is accepted. */
  | { readonly is: 'fallback'; readonly found: Found }
  /** Not usable; the search continues. */
  | { readonly is: 'rejected'; readonly because: string };

/** Which program is searched for, and where. */
export interface ProgramSearch<Found> {
  /** As logs call it, and its file name without the extension that Windows wants. */
  readonly name: string;
  /** The environment variable with which the operator names a program. A file there is the only candidate. */
  readonly variable: string;
  /** Where it may be, the preferred folder first; read anew for each search. */
  readonly folders: () => readonly string[];
  /**
   * Judges a file of the right name; to fail is to reject it. Called once for each version of a file, and once more after
   * a rejection: a machine under load may have been too slow for an answer. Where nothing else serves it is called again.
   */
  readonly accept: (path: string, isNamed: boolean) => Promise<TriedFile<Found>>;
}

/** What a search came to. */
export type SearchResult<Found> =
  | { readonly is: 'found'; readonly found: Found }
  /** `rejected` is the first file that was there and not usable. */
  | { readonly is: 'missing'; readonly rejected: string | undefined };

export interface ProgramFinderOptions {
  readonly files: Pick<Files, 'stat'>;
  readonly environment: Pick<Environment, 'get' | 'platform'>;
  readonly log: Logger;
}

/** Looks for a program on this machine. Never rejects: what cannot be read is no candidate. */
export type FindProgram<Found> = () => Promise<SearchResult<Found>>;

/**
 * The program that the operator named, else the first in the folders that is accepted, else the first fallback.
 *
 * What cannot be read or does not run is passed over with a line in the debug log, so that one broken folder on the PATH
 * hides nothing behind it.
 */
export function createProgramFinder<Found>(
  search: ProgramSearch<Found>,
  options: ProgramFinderOptions,
): FindProgram<Found> {
  const judge = createJudge(search, options);
  const named = createNamedSearch(search, judge, options);
  const inFolders = createFolderSearch(search, judge, options);
  return async () => (await named()) ?? (await inFolders());
}

/** Judges a file; undefined when there is none. Rejects with the system's own error when it cannot be read. */
interface Judge<Found> {
  (path: string, isNamed: boolean): Promise<TriedFile<Found> | undefined>;
  /** Gives what was rejected another chance: nothing else serves. */
  forget(): void;
}

interface Judged<Found> {
  readonly version: string;
  readonly candidate: Promise<TriedFile<Found>>;
  /** How often this version of the file was rejected. */
  rejections: number;
}

/** A program that hangs delays the search by ten seconds. */
const MAX_REJECTIONS = 2;

function createJudge<Found>({ accept }: ProgramSearch<Found>, { files }: ProgramFinderOptions): Judge<Found> {
  const judged = new Map<string, Judged<Found>>();
  async function judge(path: string, isNamed: boolean): Promise<TriedFile<Found> | undefined> {
    const facts = await files.stat(path);
    if (!facts?.isFile) return undefined;
    const version = `${facts.sizeBytes} ${facts.modifiedAt}`;
    const key = `${isNamed} ${path}`;
    const before = judged.get(key);
    const same = before?.version === version ? before : undefined;
    if (same !== undefined && (same.rejections === 0 || same.rejections >= MAX_REJECTIONS)) return await same.candidate;
    const candidate = accept(path, isNamed).catch((thrown: unknown): TriedFile<Found> => ({
      is: 'rejected',
      because: errorChain(thrown),
    }));
    const entry = { version, candidate, rejections: same?.rejections ?? 0 };
    // Whoever asks meanwhile shares this answer.
    judged.set(key, { ...entry, rejections: 0 });
    if ((await candidate).is === 'rejected') judged.set(key, { ...entry, rejections: entry.rejections + 1 });
    return await candidate;
  }
  const forget = (): void => {
    for (const [key, { rejections }] of judged) if (rejections > 0) judged.delete(key);
  };
  return Object.assign(judge, { forget });
}

/** Takes the file in the variable, and warns once about a value that names none. */
function createNamedSearch<Found>(
  { name, variable }: ProgramSearch<Found>,
  judge: Judge<Found>,
  { environment, log }: ProgramFinderOptions,
): () => Promise<SearchResult<Found> | undefined> {
  let ignored: string | undefined;
  return async () => {
    const path = environment.get(variable);
    if (path === undefined) return undefined;
    const isBlank = path.trim() === '';
    let because = isBlank ? 'it is blank' : 'no such file';
    const judging = isBlank ? undefined : judge(path, true);
    const candidate = await judging?.catch((thrown: unknown) => void (because = errorChain(thrown)));
    if (candidate === undefined) {
      if (ignored !== path) log.warn('program.variable-ignored', { program: name, variable, because });
      ignored = path;
      return undefined;
    }
    ignored = undefined;
    return candidate.is === 'rejected' ? { is: 'missing', rejected: path } : { is: 'found', found: candidate.found };
  };
}

function createFolderSearch<Found>(
  { name, folders }: ProgramSearch<Found>,
  judge: Judge<Found>,
  { environment, log }: ProgramFinderOptions,
): () => Promise<SearchResult<Found>> {
  const passedOver = new Set<string>();
  function passOver(path: string, because: string): void {
    const key = `${path} ${because}`;
    if (!passedOver.has(key)) log.debug('program.passed-over', { program: name, path, because });
    passedOver.add(key);
  }
  return async () => {
    let fallback: SearchResult<Found> | undefined;
    let rejected: string | undefined;
    for (const folder of new Set(folders())) {
      const path = `${folder}/${executableName(name, environment.platform)}`;
      const candidate = await judge(path, false).catch((thrown: unknown) => passOver(path, errorChain(thrown)));
      if (candidate === undefined) continue;
      if (candidate.is === 'accepted') return { is: 'found', found: candidate.found };
      if (candidate.is === 'fallback') fallback ??= { is: 'found', found: candidate.found };
      if (candidate.is !== 'rejected') continue;
      passOver(path, candidate.because);
      rejected ??= path;
    }
    if (fallback === undefined) judge.forget();
    return fallback ?? { is: 'missing', rejected };
  };
}

/** The file name of a program on a system. */
export const executableName = (name: string, platform: string): string => (platform === 'win32' ? `${name}.exe` : name);

/** The folders on the PATH, in order. */
export function pathFolders({ get, platform }: Pick<Environment, 'get' | 'platform'>): readonly string[] {
  return (get('PATH') ?? '').split(platform === 'win32' ? ';' : ':').filter((folder) => folder !== '');
}
