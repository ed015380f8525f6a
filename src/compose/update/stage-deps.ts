import { toModelId } from '../../base/ids.ts';
import { pathStyle } from '../../base/process/path-style.ts';
import type { ConfigStore } from '../../config/store.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Logger } from '../../log/logger.ts';
import { createModelStore } from '../../models/store/store.ts';
import { downloadSource } from '../../release/download-source.ts';
import { createRunForUpdate, whyFailed } from '../../release/update/install/programs.ts';
import { createUnpack } from '../../release/update/install/unpack.ts';
import { type StageDeps, STORE } from '../../release/update/stage.ts';
import { createAskProgram } from '../../system/process/ask-program.ts';
import { childEnvironment, processVariables } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import { readZip } from '../../system/native/zip.ts';
import type { Effects } from '../effects.ts';
import { modelStoreOptions, remoteOnDemand } from '../model-store.ts';
import { sumOf } from './file-sum.ts';
import { tripleOf } from './release-source.ts';

/** What a release is staged with: below the config's folder, with the programs of this system. */
export function stageDeps(
  config: Pick<ConfigStore, 'path' | 'live' | 'current'>,
  effects: Effects,
  log: Logger,
): StageDeps {
  const { files, http, clock, environment } = effects;
  const isWindows = environment.platform === 'win32';
  const root = siblingsOf(config.path).updates;
  const { join } = pathStyle(environment.platform);
  const run = createRunForUpdate(createAskProgram(runProgram, clock), childEnvironment(processVariables()));
  const store = createModelStore({
    ...modelStoreOptions(effects, config, log),
    root: join(root, STORE),
    maxBytes: () => undefined,
    // The operator named the feed, which may be in the operator's own network.
    remote: remoteOnDemand(effects, () => true),
  });
  return {
    root,
    join,
    files,
    http,
    target: tripleOf(environment),
    binary: isWindows ? 'studio-worker.exe' : 'studio-worker',
    installerFile: isWindows ? 'studio-worker-installer.ps1' : 'studio-worker-installer.sh',
    async fetchArchive({ url, artifact: { name, sha256, sizeBytes } }, signal) {
      await using hold = store.hold();
      const source = downloadSource({ url, name, sha256, diskBytes: sizeBytes });
      const { paths } = await hold.filesFor({ model: toModelId('release'), source }, signal);
      return paths.get('model') ?? '';
    },
    sumOf: (path) => sumOf(path, effects),
    unpack: createUnpack({ files, run, readZip }),
    selfTest: async (program, words, signal) => whyFailed(await run([program, '--self-test', ...words], signal)),
    log,
  };
}
