import { SECOND_MS } from '../../../base/units.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Clock } from '../../../system/clock.ts';
import type { Environment } from '../../../system/environment.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { ChildEnvironment } from '../../../system/process/processes.ts';
import type { RunProgram } from '../../../system/process/programs.ts';

/** The release whose arguments we speak: upstream renames them now and then. */
export const PINNED_RELEASE = 'master-920-2f88688';
const PINNED_COMMIT = PINNED_RELEASE.slice(PINNED_RELEASE.lastIndexOf('-') + 1);
/** Names the program to use, whatever its release. */
export const VARIABLE = 'STUDIO_WORKER_SD_CLI';

export interface SdCli {
  readonly path: string;
  /** The operator named it, so what it needs from the machine is not ours to judge. */
  readonly named: boolean;
  /** It is of the release we speak to, as far as anybody can tell. */
  readonly wanted: boolean;
}

export interface FinderOptions {
  readonly files: Pick<Files, 'stat' | 'readText'>;
  readonly environment: Pick<Environment, 'get' | 'homeDir' | 'platform'>;
  readonly modelsRoot: string;
  /** What the marker beside the worker's own program says when that is of the pinned release. */
  readonly ownMarker: { readonly path: string; readonly text: string | undefined };
  readonly run: RunProgram;
  readonly childEnv: ChildEnvironment;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
}

/** Finds sd-cli on this machine; undefined when there is none. What was found is kept while the file is there. */
export type FindSdCli = () => Promise<SdCli | undefined>;

/** It prints a line and ends. */
const VERSION_WITHIN_MS = 10 * SECOND_MS;
const SHORTEST_COMMIT = 7;

/**
 * By the order of the studio contract: the one that is named, the worker's own, then those of the account and the
 * system, of which one of the pinned release is preferred: an old one that was installed once would shadow it.
 */
export function createFinder(options: FinderOptions): FindSdCli {
  const { files, environment, modelsRoot, log } = options;
  const isFile = async (path: string): Promise<boolean> => (await files.stat(path))?.isFolder === false;
  const said = new Set<string>();
  let found: SdCli | undefined;

  function warn(event: string, fields: Record<string, string>): void {
    const key = event + JSON.stringify(fields);
    if (!said.has(key)) log.warn(event, fields);
    said.add(key);
  }

  async function byVariable(): Promise<SdCli | undefined> {
    const path = environment.get(VARIABLE);
    if (path === undefined) return undefined;
    if (path.trim() !== '' && (await isFile(path))) return { path, named: true, wanted: true };
    warn('sd-cli.variable-ignored', {
      variable: VARIABLE,
      because: path.trim() === '' ? 'it is blank' : 'no such file',
    });
    return undefined;
  }

  async function installed(): Promise<SdCli | undefined> {
    let other: string | undefined;
    for (const path of placesOf(environment)) {
      if (!(await isFile(path))) continue;
      if (isPinned(await versionOf(path, options))) return { path, named: false, wanted: true };
      other ??= path;
    }
    return other === undefined ? undefined : { path: other, named: false, wanted: false };
  }

  return async () => {
    const named = await byVariable();
    if (named !== undefined) return named;
    const own = ownPath(modelsRoot, environment.platform);
    if (await isFile(own)) return { path: own, named: false, wanted: await isMarked(options) };
    if (found === undefined || !(await isFile(found.path))) found = await installed();
    return found;
  };
}

async function isMarked({ files, ownMarker: { path, text } }: FinderOptions): Promise<boolean> {
  return text !== undefined && (await files.readText(path))?.trim() === text;
}

/** What the program is called on a system. */
export const fileName = (platform: string): string => (platform === 'win32' ? 'sd-cli.exe' : 'sd-cli');
/** What the server of the same build is called. */
export const serverName = (platform: string): string => (platform === 'win32' ? 'sd-server.exe' : 'sd-server');

/** Where the worker keeps its own. */
export const ownPath = (modelsRoot: string, platform: string): string => `${modelsRoot}/bin/${fileName(platform)}`;

function placesOf({ get, homeDir, platform }: FinderOptions['environment']): readonly string[] {
  const folders = (get('PATH') ?? '').split(platform === 'win32' ? ';' : ':').filter((folder) => folder !== '');
  const home = homeDir === '' ? [] : [`${homeDir}/.local/bin`];
  return [...new Set([...home, ...folders])].map((folder) => `${folder}/${fileName(platform)}`);
}

/** Whether what `sd-cli --version` printed names the pinned commit, in however many digits. */
export function isPinned(version: string): boolean {
  const after = version.slice(version.lastIndexOf('commit ') + 'commit '.length);
  const commit = version.includes('commit ') ? (/^[0-9a-f]+/i.exec(after)?.[0]?.toLowerCase() ?? '') : '';
  const shared = Math.min(commit.length, PINNED_COMMIT.length);
  return shared >= SHORTEST_COMMIT && commit.slice(0, shared) === PINNED_COMMIT.slice(0, shared);
}

/** Empty for a program that cannot be started. */
async function versionOf(path: string, { run, childEnv, clock }: FinderOptions): Promise<string> {
  let text = '';
  const onText = (part: string): void => void (text += part.slice(0, 10_000));
  try {
    const program = run([path, '--version'], { env: childEnv, nice: 0, onOutput: onText, onError: onText });
    const disarm = clock.after(VERSION_WITHIN_MS, () => program.killGroup('SIGKILL'));
    await program.ended;
    disarm();
    return text;
  } catch {
    return '';
  }
}
