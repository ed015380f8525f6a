import type { CheckedFeed, Move, Updates } from '../../cli/world/update.ts';
import { WorkerError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import type { Logger } from '../../log/logger.ts';
import { findUpdate } from '../../release/feed/find.ts';
import { objectionTo } from '../../release/feed/objections.ts';
import { parseVersion } from '../../release/feed/semver.ts';
import { stageRelease } from '../../release/update/stage.ts';
import {
  MAX_FAULTS,
  openUpdateMemory,
  type UpdateMemory,
  type UpdateState,
  withFault,
  withoutFaults,
} from '../../release/update/state.ts';
import type { UpdateRequest } from '../../release/update/updater.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { ConfigStore } from '../../config/store.ts';
import { configPathOf, makeConfigFolder, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { installationOf } from './installation.ts';
import { releaseSource } from './release-source.ts';
import { stageDeps } from './stage-deps.ts';

interface Opened {
  readonly config: ConfigStore;
  readonly effects: Effects;
  readonly memory: UpdateMemory;
  readonly log: Logger;
}

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
  const opened: Opened = { config, effects, memory, log };
  const reading: Opened = { ...opened, memory: forReading(memory) };
  return {
    check: () => check(reading),
    plan: async (request) => ({ from: VERSION, to: (await target(request, reading)).version }),
    install: (request) => install(request, opened),
    pin: async (version) => void (await memory.change((state) => pinned(state, version))),
  };
}

async function check({ config, effects, memory, log }: Opened): Promise<CheckedFeed> {
  const source = releaseSource(config, effects, { memory, log });
  const about = source.facts();
  const found = await findUpdate(about, { wish: 'forced' }, source.deps());
  const current = about.running.text;
  if (found === undefined) return { current, latest: undefined, heldBack: undefined };
  const heldBack = objectionTo(found, { ...about, state: await memory.read() }, 'by-itself');
  return { current, latest: found.version.text, heldBack };
}

/** Where a request leads: to a release, or to the executable that was replaced last. */
async function target({ version, force = false, rollback = false }: UpdateRequest, opened: Opened) {
  const { config, effects, memory, log } = opened;
  if (rollback) {
    return { version: await installationOf(effects, log).previousVersion(), release: undefined };
  }
  const source = releaseSource(config, effects, { memory, log });
  const wish = force ? 'forced' : 'asked';
  const release = await findUpdate(
    source.facts(),
    { wish, ...(version === undefined ? {} : { version }) },
    source.deps(),
  );
  const found = release?.version.text;
  return found === VERSION ? { version: undefined, release: undefined } : { version: found, release };
}

async function install(request: UpdateRequest, opened: Opened): Promise<Move> {
  const { config, effects, memory, log } = opened;
  const installation = installationOf(effects, log);
  const unable = await installation.unable();
  if (unable !== undefined) throw new WorkerError('update.unsupported', unable);
  if (request.force === true && request.version !== undefined) {
    const { version } = request;
    await memory.change((state) => withoutFaults(state, version));
  }
  const { version, release } = await target(request, opened);
  if (release !== undefined) {
    const staged = await stageRelease(release, stageDeps(config, effects, log), new AbortController().signal);
    await installation.install(staged);
  } else if (version !== undefined) {
    const fault = {
      version: VERSION,
      at: effects.clock.now(),
      because: 'the operator went back to the version before it',
    };
    await memory.change((state) => withFault(state, fault, MAX_FAULTS));
    await installation.putBack();
  }
  return { from: VERSION, to: version };
}

function pinned(state: UpdateState, version: string | undefined): UpdateState {
  if (version !== undefined && parseVersion(version) === undefined) {
    throw new WorkerError('cli.usage', `--pin is "${version}"; allowed: a version such as 0.6.0`);
  }
  const { pinned: _before, ...rest } = state;
  return version === undefined ? rest : { ...rest, pinned: version };
}

/** A memory that forgets what it receives: whoever only asks leaves no trace. */
const forReading = (memory: UpdateMemory): UpdateMemory => ({
  read: () => memory.read(),
  change: async (change) => change(await memory.read()),
});
