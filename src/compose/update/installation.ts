import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { StagedRelease } from '../../release/update/stage.ts';
import type { UpdaterDeps } from '../../release/update/updater.ts';
import {
  type ExecutablePlace,
  executablePlace,
  removeKilledInstallation,
  swapBack,
  swapIn,
  whyNotReplaceable,
} from '../../system/executable.ts';
import { createAskProgram } from '../../system/process/ask-program.ts';
import { childEnvironment, ourVariables, ownCommand } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import type { Effects } from '../effects.ts';
import { sumOf } from './file-sum.ts';

/** This program as it is installed: one that can be replaced, or not. A checkout is not. */
export function installationOf(
  effects: Effects,
  log: Logger,
): Pick<UpdaterDeps, 'unable' | 'install' | 'previousVersion' | 'putBack' | 'cleanUp'> {
  const { files, clock, environment } = effects;
  const place = executablePlace(environment.execPath);
  const ask = createAskProgram(runProgram, clock);
  return {
    unable: async () => {
      if (ownCommand().length > 1) return 'this is a checkout: `git pull` updates it';
      const because = await whyNotReplaceable(place);
      return because === undefined ? undefined : `${place.path} cannot be replaced by this account (${because})`;
    },
    install: (staged) => install(staged, place, { effects, log }),
    async previousVersion() {
      const isThere = (await files.stat(place.previous)) !== undefined;
      const answer = isThere
        ? await ask([place.previous, '--version'], { env: childEnvironment(ourVariables()), limitMs: MINUTE_MS })
        : undefined;
      const version = /^studio-worker (\S+)/.exec(answer?.output ?? '')?.[1];
      if (version !== undefined) return version;
      throw new WorkerError('update.not-found', 'there is no previous version to go back to', {
        hint: 'Name the version with `studio-worker update --version <version> --force`.',
      });
    },
    putBack: async () => void swapBack(place),
    cleanUp: async () => removeKilledInstallation(place),
  };
}

interface Installing {
  readonly effects: Effects;
  readonly log: Logger;
}

/**
 * By the release's own installer, so that installing and updating are one way. Where the system lets no script change
 * executables, or there is none, the verified file is put in place here (contract of releases: only the result counts).
 */
async function install(staged: StagedRelease, place: ExecutablePlace, installing: Installing): Promise<void> {
  const because = await whyNotByInstaller(staged, place, installing);
  if (because === undefined) return;
  installing.log.info('update.swapped-here', { because });
  try {
    await swapIn(place, staged.program);
  } catch (thrown) {
    throw blockedOr(thrown);
  }
}

/** Undefined once the installer has put the very file in place that was tried. */
async function whyNotByInstaller(
  { installer, folder, program }: StagedRelease,
  place: ExecutablePlace,
  { effects, log }: Installing,
): Promise<string | undefined> {
  const { environment, clock, files } = effects;
  if (installer === undefined) return 'the release has no installer for this system';
  const [, installDir = '', name = ''] = /^(.*)[/\\]([^/\\]*)$/.exec(place.path) ?? [];
  if (!/^studio-worker(\.exe)?$/.test(name)) return `the executable goes by another name, ${name}`;
  const command =
    environment.platform === 'win32'
      ? ['powershell', '-NoProfile', '-ExecutionPolicy', 'Bypass', '-File', installer, '--from', folder]
      : ['sh', installer, '--from', folder];
  const env = childEnvironment(ourVariables(), { STUDIO_WORKER_UPDATE: '1', STUDIO_WORKER_INSTALL_DIR: installDir });
  try {
    const { end, lastError } = await createAskProgram(runProgram, clock)(command, { env, limitMs: 5 * MINUTE_MS });
    const [installed, staged] = await Promise.all([sumOf(place.path, files), sumOf(program, files)]);
    if (installed.sha256 === staged.sha256) return undefined;
    log.debug('update.installer-failed', { end, error: lastError });
    return `the installer did not: ${lastError || `it ${end.is}`}`;
  } catch (thrown) {
    return `the installer cannot be started: ${errorChain(thrown)}`;
  }
}

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
