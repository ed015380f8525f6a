import { VERSION } from '../../base/version.ts';
import { siblingsOf } from '../../config/paths.ts';
import { findUpdate } from '../../release/feed/find.ts';
import { createUpdates, type Updates } from '../../release/update/by-hand.ts';
import { stageRelease } from '../../release/update/stage.ts';
import { openUpdateMemory, type UpdateMemory } from '../../release/update/state.ts';
import { configPathOf, makeConfigFolder, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { installationOf } from './installation.ts';
import { releaseSource } from './release-source.ts';
import { stageDeps } from './stage-deps.ts';

/** Updates for the command line. */
export async function openUpdates(named: string | undefined, effects: Effects): Promise<Updates> {
  const log = openCommandLog(effects).logger.child({}, 'update');
  const path = await configPathOf(named, effects);
  const config = await openConfig(path, effects, { log, readOnly: true });
  const stored = openUpdateMemory({ path: siblingsOf(path).updateState, files: effects.files, log });
  const memory: UpdateMemory = {
    read: () => stored.read(),
    async change(change) {
      await makeConfigFolder(path, effects); // an update may be the first thing that is done with an installation
      return await stored.change(change);
    },
  };
  const source = releaseSource(config, effects, log);
  return createUpdates({
    running: VERSION,
    memory,
    facts: source.facts,
    find: (choice, over) => findUpdate(source.facts(), choice, source.deps(over)),
    stage: (release) => stageRelease(release, stageDeps(config, effects, log), new AbortController().signal),
    installation: installationOf(effects, log),
    now: () => effects.clock.now(),
  });
}
