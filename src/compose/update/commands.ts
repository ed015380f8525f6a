import type { CheckedFeed, Updates } from '../../cli/world/update.ts';
import { findUpdate } from '../../release/feed/find.ts';
import { objectionTo } from '../../release/feed/objections.ts';
import { openUpdateMemory, type UpdateMemory } from '../../release/update/state.ts';
import { siblingsOf } from '../../config/paths.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { releaseSource, type ReleaseSource } from './release-source.ts';

/** Updates for the command line. */
export async function openUpdates(named: string | undefined, effects: Effects): Promise<Updates> {
  const log = openCommandLog(effects).logger.child({}, 'update');
  const path = await configPathOf(named, effects);
  const config = await openConfig(path, effects, { log, readOnly: true });
  const memory = openUpdateMemory({ path: siblingsOf(path).updateState, files: effects.files, log });
  return { check: () => check(releaseSource(config, effects, { memory: forReading(memory), log }), memory) };
}

async function check({ facts, deps }: ReleaseSource, memory: UpdateMemory): Promise<CheckedFeed> {
  const about = facts();
  const found = await findUpdate(about, { wish: 'forced' }, deps());
  const current = about.running.text;
  if (found === undefined) return { current, latest: undefined, heldBack: undefined };
  const heldBack = objectionTo(found, { ...about, state: await memory.read() }, 'by-itself');
  return { current, latest: found.version.text, heldBack };
}

/** A memory that forgets what it receives: whoever only asks leaves no trace. */
const forReading = (memory: UpdateMemory): UpdateMemory => ({
  read: () => memory.read(),
  change: async (change) => change(await memory.read()),
});
