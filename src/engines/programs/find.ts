import { errorChain } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Environment } from '../../system/environment.ts';

/** What a file turned out to be. */
export type Candidate<Found> =
  /** The search ends here. */
  | { readonly is: 'accepted'; readonly found: Found }
  /** Taken where no other is accepted. */
  | { readonly is: 'fallback'; readonly found: Found }
  /** Not usable; the search goes on. */
  | { readonly is: 'rejected'; readonly because: string };

/** Which program is looked for, and where. */
export interface ProgramSearch<Found> {
  /** As logs call it, and its file name without the extension that Windows wants. */
  readonly name: string;
  /** The environment variable with which the operator names a program. A file there is the only candidate. */
  readonly variable: string;
  /** Where it may be, the preferred folder first; read anew for each search. */
  readonly folders: () => readonly string[];
  /**
   * Judges a file of the right name. Called once for each version of a file, and again after a rejection: a machine under
   * load may have been too slow for an answer.
   */
  readonly accept: (path: string, isNamed: boolean) => Promise<Candidate<Found>>;
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

/** Looks for a program on this machine. Never rejects: what cannot be read or asked is no candidate. */
export type FindProgram<Found> = () => Promise<SearchResult<Found>>;

/**
 * The program that the operator named, else the first in the folders that is accepted, else the first fallback.
 *
 * What cannot be read or does not run is passed over with a line in the debug log, so that one broken folder on the PATH
 * hides nothing behind it.
 */
export function createProgramFinder<Found>(
  { name, variable, folders, accept }: ProgramSearch<Found>,
  { files, environment, log }: ProgramFinderOptions,
): FindProgram<Found> {
  const judged = new Map<string, { readonly version: string; readonly candidate: Promise<Candidate<Found>> }>();
  const passedOver = new Set<string>();
  let ignored: string | undefined;

  /** Undefined when there is no such file, otherwise different for each content. */
  async function versionOf(path: string): Promise<string | undefined> {
    const facts = await files.stat(path);
    return facts === undefined || facts.isFolder ? undefined : `${facts.sizeBytes} ${facts.modifiedAt}`;
  }

  async function judge(path: string, isNamed: boolean): Promise<Candidate<Found> | undefined> {
    const version = await versionOf(path);
    if (version === undefined) return undefined;
    const key = `${isNamed} ${path}`;
    const before = judged.get(key);
    if (before?.version === version) return await before.candidate;
    const candidate = accept(path, isNamed);
    judged.set(key, { version, candidate });
    const forget = (): void => void judged.delete(key);
    candidate.then(({ is }) => is === 'rejected' && forget(), forget);
    return await candidate;
  }

  async function byVariable(): Promise<SearchResult<Found> | undefined> {
    const path = environment.get(variable);
    if (path === undefined) return undefined;
    let because = path.trim() === '' ? 'it is blank' : 'no such file';
    const judging = path.trim() === '' ? undefined : judge(path, true);
    const candidate = await judging?.catch((thrown: unknown) => void (because = errorChain(thrown)));
    if (candidate === undefined) {
      if (ignored !== path) log.warn('program.variable-ignored', { program: name, variable, because });
      ignored = path;
      return undefined;
    }
    ignored = undefined;
    return candidate.is === 'rejected' ? { is: 'missing', rejected: path } : { is: 'found', found: candidate.found };
  }

  function passOver(path: string, because: string): void {
    const key = `${path} ${because}`;
    if (!passedOver.has(key)) log.debug('program.passed-over', { program: name, path, because });
    passedOver.add(key);
  }

  async function inFolders(): Promise<SearchResult<Found>> {
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
    return fallback ?? { is: 'missing', rejected };
  }

  return async () => (await byVariable()) ?? (await inFolders());
}

/** The file name of a program on a system. */
export const executableName = (name: string, platform: string): string => (platform === 'win32' ? `${name}.exe` : name);

/** The folders on the PATH, in order. */
export function pathFolders({ get, platform }: Pick<Environment, 'get' | 'platform'>): readonly string[] {
  return (get('PATH') ?? '').split(platform === 'win32' ? ';' : ':').filter((folder) => folder !== '');
}
