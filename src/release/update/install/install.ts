import { errorChain, WorkerError } from '../../../base/errors.ts';
import { codeOf } from '../../../base/system-code.ts';
import { MINUTE_MS } from '../../../base/units.ts';
import type { Logger } from '../../../log/logger.ts';
import type { AskProgram } from '../../../system/process/ask-program.ts';
import type { ChildEnvironment } from '../../../system/process/child.ts';
import type { FileSum } from '../../verify-files.ts';
import type { StagedRelease } from '../stage.ts';

/** The executable that is to be replaced, and what the system offers for it. */
export interface InstallDeps {
  readonly place: string;
  readonly platform: string;
  readonly ask: AskProgram;
  /** The variables of the installer, these on top. */
  readonly environment: (extra: ChildEnvironment) => ChildEnvironment;
  readonly sumOf: (path: string) => Promise<FileSum>;
  /** Puts a verified file in the place of the executable. Throws the system's own error. */
  readonly replaceExecutable: (program: string) => Promise<void>;
  readonly log: Pick<Logger, 'info' | 'debug'>;
}

const INSTALLER_MS = 5 * MINUTE_MS;

/**
 * By the release's own installer, so that installing and updating are one way. Where the system lets no script change
 * executables, or there is none, the verified file is put in place here (contract of releases: only the result counts).
 *
 * @throws WorkerError `update.blocked` | `disk.full`
 */
export async function installStaged(staged: StagedRelease, deps: InstallDeps): Promise<void> {
  const because = await whyNotByInstaller(staged, deps);
  if (because === undefined) return;
  deps.log.info('update.swapped-here', { because });
  try {
    await deps.replaceExecutable(staged.program);
  } catch (thrown) {
    throw blockedOr(thrown);
  }
}

/** Undefined once the installer has put the very file in place that was tried. */
async function whyNotByInstaller(
  { installer, folder, program }: StagedRelease,
  { place, platform, ask, environment, sumOf, log }: InstallDeps,
): Promise<string | undefined> {
  if (installer === undefined) return 'the release has no installer for this system';
  const [, installDir = '', name = ''] = /^(.*)[/\\]([^/\\]*)$/.exec(place) ?? [];
  if (!/^studio-worker(\.exe)?$/.test(name)) return `the executable goes by another name, ${name}`;
  const env = environment({ STUDIO_WORKER_UPDATE: '1', STUDIO_WORKER_INSTALL_DIR: installDir });
  try {
    const { end, lastError } = await ask([...shellFor(platform, installer), '--from', folder], {
      env,
      limitMs: INSTALLER_MS,
    });
    const [installed, tried] = await Promise.all([sumOf(place), sumOf(program)]);
    if (installed.sha256 === tried.sha256) return undefined;
    log.debug('update.installer-failed', { end, error: lastError });
    return `the installer did not: ${lastError || `it ${end.is}`}`;
  } catch (thrown) {
    return `the installer cannot be started: ${errorChain(thrown)}`;
  }
}

const shellFor = (platform: string, script: string): readonly string[] =>
  platform === 'win32' ? ['powershell', '-NoProfile', '-ExecutionPolicy', 'Bypass', '-File', script] : ['sh', script];

/** What the system refuses is named as such: nothing is wrong with the release then (studio contract, update). */
const REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ETXTBSY']);

function blockedOr(thrown: unknown): unknown {
  const code = codeOf(thrown);
  if (code === undefined || !REFUSALS.has(code)) return thrown;
  const because = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code;
  return new WorkerError('update.blocked', `the executable cannot be replaced: ${errorChain(thrown)}`, {
    cause: thrown,
    hint: 'Let the account that runs the worker write in the folder of the executable.',
    fields: { because },
  });
}

/** The version that an executable prints of itself. @throws WorkerError `update.not-found` for anything else */
export function versionPrinted(output: string | undefined): string {
  const version = /^studio-worker (\S+)/.exec(output ?? '')?.[1];
  if (version !== undefined) return version;
  throw new WorkerError('update.not-found', 'there is no previous version to go back to', {
    hint: 'Name the version with `studio-worker update --version <version> --force`.',
  });
}
