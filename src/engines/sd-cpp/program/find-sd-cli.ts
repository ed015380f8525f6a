import { SECOND_MS } from '../../../base/units.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { Environment } from '../../../system/environment.ts';
import type { AskProgram } from '../../../system/process/ask-program.ts';
import {
  type TriedFile,
  createProgramFinder,
  executableName,
  pathFolders,
  type ProgramFinderOptions,
} from '../../programs/find.ts';
import { environmentFor, type EnvironmentOptions } from './environment.ts';
import { isPinned } from './release.ts';

/** Names the program to use, whatever its release. */
export const SD_CLI_VARIABLE = 'STUDIO_WORKER_SD_CLI';

/** An sd-cli of this machine. */
export interface SdCli {
  readonly path: string;
  /** The operator named it, so what it needs from the machine is not ours to judge. */
  readonly isNamed: boolean;
  /** It is of the pinned release, as far as anybody can tell. */
  readonly isPinned: boolean;
}

export interface SdCliFinderOptions extends ProgramFinderOptions, EnvironmentOptions {
  readonly files: ProgramFinderOptions['files'] & Pick<Files, 'readText'>;
  readonly environment: ProgramFinderOptions['environment'] & Pick<Environment, 'homeDir'>;
  readonly modelsRoot: string;
  /** What the marker beside the worker's own program says when that is of the pinned release. */
  readonly ownMarker: { readonly path: string; readonly text: string | undefined };
  readonly ask: AskProgram;
}

/** Finds sd-cli on this machine; undefined when there is none. */
export type FindSdCli = () => Promise<SdCli | undefined>;

/** It prints a line and ends. */
const VERSION_WITHIN_MS = 10 * SECOND_MS;

/**
 * By the order of the studio contract: the one that is named, the worker's own, then those of the account and the
 * system, of which one of the pinned release is preferred: an old one that was installed once would shadow it.
 */
export function createSdCliFinder(options: SdCliFinderOptions): FindSdCli {
  const { environment, modelsRoot } = options;
  const own = ownPath(modelsRoot, environment.platform);
  const find = createProgramFinder<SdCli>(
    {
      name: 'sd-cli',
      variable: SD_CLI_VARIABLE,
      folders: () => [binFolder(modelsRoot), ...accountFolders(environment), ...pathFolders(environment)],
      accept: async (path, isNamed) =>
        isNamed || path === own
          ? { is: 'accepted', found: { path, isNamed, isPinned: isNamed } }
          : await judge(path, options),
    },
    options,
  );
  return async () => {
    const result = await find();
    if (result.is === 'missing') return undefined;
    const { found } = result;
    // The marker is written after the program, so it is read anew each time.
    return found.isNamed || found.path !== own ? found : { ...found, isPinned: await isMarked(options) };
  };
}

async function isMarked({ files, ownMarker: { path, text } }: SdCliFinderOptions): Promise<boolean> {
  return text !== undefined && (await files.readText(path))?.trim() === text;
}

/** What the program is called on a system. */
export const sdCliName = (platform: string): string => executableName('sd-cli', platform);
/** What the server of the same build is called. */
export const sdServerName = (platform: string): string => executableName('sd-server', platform);

const binFolder = (modelsRoot: string): string => `${modelsRoot}/bin`;
/** Where the worker keeps its own. */
export const ownPath = (modelsRoot: string, platform: string): string =>
  `${binFolder(modelsRoot)}/${sdCliName(platform)}`;

const accountFolders = ({ homeDir }: Pick<Environment, 'homeDir'>): readonly string[] =>
  homeDir === '' ? [] : [`${homeDir}/.local/bin`];

/** Every release prints something about itself when it is asked; what prints nothing and fails did not run. */
async function judge(path: string, options: SdCliFinderOptions): Promise<TriedFile<SdCli>> {
  const env = await environmentFor(path, options);
  const { end, output, lastError } = await options.ask([path, '--version'], { env, limitMs: VERSION_WITHIN_MS });
  if (isPinned(output)) return { is: 'accepted', found: { path, isNamed: false, isPinned: true } };
  if (end.is === 'exited' && (end.code === 0 || output.trim() !== '')) {
    return { is: 'fallback', found: { path, isNamed: false, isPinned: false } };
  }
  return { is: 'rejected', because: end.is === 'timed-out' ? 'it does not answer' : `it does not run: ${lastError}` };
}
