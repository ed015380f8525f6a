import { WorkerError } from '../../base/errors.ts';
import type { FindChoice } from '../feed/find.ts';
import { type UpdateFacts, objectionTo } from '../feed/objections.ts';
import { parseVersion } from '../feed/semver.ts';
import type { TrustedRelease } from '../feed/trusted.ts';
import type { StagedRelease } from './stage.ts';
import { MAX_FAULTS, type UpdateMemory, type UpdateState, withFault, withoutFaults } from './state.ts';
import type { UpdateRequest, UpdaterDeps } from './updater.ts';

/** What the release feed has for this installation. */
export interface CheckedFeed {
  readonly current: string;
  /** The newest release that is ours and runs here, when it is newer than this one. */
  readonly latest: string | undefined;
  /** Why the worker does not move to it by itself yet. */
  readonly heldBack: string | undefined;
}

/** A move from one version to another. */
export interface Move {
  readonly from: string;
  /** Undefined when there is nothing to move to. */
  readonly to: string | undefined;
}

/** Releases, as commands see them. */
export interface Updates {
  /**
   * Reads the feed. Nothing is installed and nothing is remembered.
   *
   * @throws WorkerError `update.feed-unreadable`
   */
  check(): Promise<CheckedFeed>;
  /**
   * Where a request would lead. Nothing is installed and nothing is remembered.
   *
   * @throws WorkerError `update.feed-unreadable` | `update.not-found` | `update.refused`
   */
  plan(request: UpdateRequest): Promise<Move>;
  /**
   * Installs what was asked for, where no worker runs that could do it between two jobs.
   *
   * @throws WorkerError as `plan`, and `update.unsupported` | `update.untrusted` | `update.failed` | `update.blocked`
   */
  install(request: UpdateRequest): Promise<Move>;
  /**
   * Names the only version that the worker moves to by itself, or lifts that.
   *
   * @throws WorkerError `cli.usage` for what is no version | `disk.full`
   */
  pin(version: string | undefined): Promise<void>;
}

/** An installation without a worker that runs, and the feed that it follows. */
export interface ByHandDeps {
  /** The version that this program is. */
  readonly running: string;
  readonly memory: UpdateMemory;
  readonly facts: () => Omit<UpdateFacts, 'state'>;
  /** Finds a release in the feed, and remembers in `memory` what was seen there. */
  readonly find: (choice: FindChoice, memory: UpdateMemory) => Promise<TrustedRelease | undefined>;
  readonly stage: (release: TrustedRelease) => Promise<StagedRelease>;
  readonly installation: Pick<UpdaterDeps, 'unable' | 'install' | 'previousVersion' | 'putBack'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Updates that an operator asks for by command. */
export function createUpdates(deps: ByHandDeps): Updates {
  const { running, memory } = deps;
  const reading = forReading(memory);
  return {
    check: () => check(deps, reading),
    plan: async (request) => ({ from: running, to: (await target(request, deps, reading)).version }),
    install: (request) => install(request, deps),
    pin: async (version) => void (await memory.change((state) => pinned(state, version))),
  };
}

async function check({ running, facts, find }: ByHandDeps, memory: UpdateMemory): Promise<CheckedFeed> {
  const found = await find({ wish: 'forced' }, memory);
  if (found === undefined) return { current: running, latest: undefined, heldBack: undefined };
  const heldBack = objectionTo(found, { ...facts(), state: await memory.read() }, 'by-itself');
  return { current: running, latest: found.version.text, heldBack };
}

/** Where a request leads: to a release, or to the executable that was replaced last. */
async function target(
  { version, force = false, rollback = false }: UpdateRequest,
  { running, find, installation }: ByHandDeps,
  memory: UpdateMemory,
): Promise<{ readonly version: string | undefined; readonly release: TrustedRelease | undefined }> {
  if (rollback) return { version: await installation.previousVersion(), release: undefined };
  const wish = force ? 'forced' : 'asked';
  const release = await find({ wish, ...(version === undefined ? {} : { version }) }, memory);
  const found = release?.version.text;
  return found === running ? { version: undefined, release: undefined } : { version: found, release };
}

async function install(request: UpdateRequest, deps: ByHandDeps): Promise<Move> {
  const { running, memory, installation, stage, now } = deps;
  const unable = await installation.unable();
  if (unable !== undefined) throw new WorkerError('update.unsupported', unable);
  if (request.force === true && request.version !== undefined) {
    const { version } = request;
    await memory.change((state) => withoutFaults(state, version));
  }
  const { version, release } = await target(request, deps, memory);
  if (release !== undefined) {
    await installation.install(await stage(release));
  } else if (version !== undefined) {
    // Or the background would move to it again.
    const fault = { version: running, at: now(), because: 'the operator went back to the version before it' };
    await memory.change((state) => withFault(state, fault, MAX_FAULTS));
    await installation.putBack();
  }
  return { from: running, to: version };
}

function pinned(state: UpdateState, version: string | undefined): UpdateState {
  if (version !== undefined && parseVersion(version) === undefined) {
    throw new WorkerError('cli.usage', `--pin is "${version}"; allowed: a version such as 0.6.0`);
  }
  const { pinned: _before, ...rest } = state;
  return version === undefined ? rest : { ...rest, pinned: version };
}

/** A memory that stores nothing: a check alone leaves no trace. */
const forReading = (memory: UpdateMemory): UpdateMemory => ({
  read: () => memory.read(),
  change: async (change) => change(await memory.read()),
});
