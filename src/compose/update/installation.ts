import { MINUTE_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import { installStaged, versionPrinted } from '../../release/update/install/install.ts';
import type { UpdaterDeps } from '../../release/update/updater.ts';
import {
  executablePlace,
  removeKilledInstallation,
  restoreExecutable,
  replaceExecutable,
  whyNotReplaceable,
} from '../../system/executable.ts';
import { createAskProgram } from '../../system/process/ask-program.ts';
import { childEnvironment, processVariables, ownCommand } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import type { Effects } from '../effects.ts';
import { sumOf } from './file-sum.ts';

/** This program as it is installed: one that can be replaced, or not. A checkout is not. */
export function installationOf(
  { files, startSha256, clock, environment }: Effects,
  log: Logger,
): Pick<UpdaterDeps, 'unable' | 'install' | 'previousVersion' | 'putBack' | 'cleanUp'> {
  const place = executablePlace(environment.execPath);
  const ask = createAskProgram(runProgram, clock);
  return {
    unable: async () => {
      if (ownCommand().length > 1) return 'this is a checkout: `git pull` updates it';
      const because = await whyNotReplaceable(place);
      return because === undefined ? undefined : `${place.path} cannot be replaced by this account (${because})`;
    },
    install: (staged) =>
      installStaged(staged, {
        place: place.path,
        platform: environment.platform,
        ask,
        environment: (extra) => childEnvironment(processVariables(), extra),
        sumOf: (path) => sumOf(path, { files, startSha256 }),
        replaceExecutable: (program) => replaceExecutable(place, program),
        log,
      }),
    async previousVersion() {
      const isThere = (await files.stat(place.previous)) !== undefined;
      const options = { env: childEnvironment(processVariables()), limitMs: MINUTE_MS };
      return versionPrinted(isThere ? (await ask([place.previous, '--version'], options)).output : undefined);
    },
    putBack: async () => void restoreExecutable(place),
    cleanUp: async () => removeKilledInstallation(place),
  };
}
