import { WorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { UpdateMemory, UpdateState } from '../update/state.ts';
import { type ReleaseCandidate, candidatesIn, newerThan } from './choose.ts';
import { type FeedDeps, fetchFeed } from './feed.ts';
import { type UpdateFacts, objectionTo, type UpdateTrigger, withSeen } from './objections.ts';
import { compareVersions, parseVersion } from './semver.ts';
import { type TrustDeps, type TrustedRelease, verifyRelease } from './trusted.ts';

/** The feed, the keys that releases are trusted by, and what was seen before. */
export interface FindDeps extends FeedDeps, TrustDeps {
  /** `auto_update_feed`. */
  readonly feed: string;
  readonly memory: UpdateMemory;
  readonly now: () => number;
  readonly log: Logger;
}

export interface FindChoice {
  readonly wish: UpdateTrigger;
  /** The one version asked for; the newest that nothing stands against when left out. */
  readonly version?: string;
}

/** More than a feed's page has between a version and its successors, as long as nobody plays tricks. */
const MAX_VERIFIED = 10;

/**
 * The release to move to; undefined when there is none. Releases are verified from the newest down, so that an older one
 * is found where the newest wants a step in between.
 *
 * @throws WorkerError `update.feed-unreadable`, and for a version that was named `update.not-found` | `update.refused`;
 * the signal's reason on abort
 */
export async function findUpdate(
  facts: Omit<UpdateFacts, 'state'>,
  { wish, version }: FindChoice,
  deps: FindDeps,
  signal?: AbortSignal,
): Promise<TrustedRelease | undefined> {
  const { log, memory } = deps;
  const releases = await fetchFeed(deps.feed, deps, signal);
  const prereleases = facts.prereleases || version !== undefined;
  const { candidates, unreadableTags } = candidatesIn(releases, { prereleases });
  for (const tag of unreadableTags) log.debug('release.tag-unreadable', { tag });
  let state = await memory.change((known) => ({ ...known, lastCheckAt: deps.now() }));

  const eligible = version === undefined ? newerThan(facts.running, candidates) : named(version, candidates);
  for (const candidate of eligible.slice(0, MAX_VERIFIED)) {
    const release = await trusted(candidate, deps, signal);
    if (typeof release === 'string') {
      if (version !== undefined) throw refused(version, release);
      continue;
    }
    state = isNewestSeen(release, state) ? withoutSeen(state) : state;
    await memory.change((known) => withSeen(known, release.version));
    const because = objectionTo(release, { ...facts, prereleases, state }, wish);
    if (because === undefined) return release;
    log.debug('release.skipped', { version: release.version.text, because });
    if (version !== undefined) throw refused(version, because);
  }
  return undefined;
}

/** A feed that shows the newest release that was ever seen hides nothing: what is older may be a step on the way there. */
const isNewestSeen = ({ version }: TrustedRelease, { highestSeen = version.text }: UpdateState): boolean =>
  compareVersions(version, parseVersion(highestSeen) ?? version) >= 0;

function withoutSeen({ highestSeen: _hidden, ...state }: UpdateState): UpdateState {
  return state;
}

function named(text: string, candidates: readonly ReleaseCandidate[]): readonly ReleaseCandidate[] {
  const version = parseVersion(text);
  const found = candidates.filter((one) => version !== undefined && compareVersions(one.version, version) === 0);
  if (found.length > 0) return found.slice(0, 1);
  throw new WorkerError('update.not-found', `release ${text} not present in feed`, {
    hint: 'Name a version that the release feed lists, such as 0.6.0.',
  });
}

/** The release, or why it is none of ours. */
async function trusted(
  candidate: ReleaseCandidate,
  deps: FindDeps,
  signal: AbortSignal | undefined,
): Promise<TrustedRelease | string> {
  const trust = await verifyRelease(candidate, deps, signal);
  if (trust.is === 'trusted') return trust.release;
  const facts = { version: candidate.version.text, because: trust.because };
  if (trust.is === 'foreign') deps.log.debug('release.skipped', facts);
  else deps.log.warn('release.rejected', facts);
  return trust.because;
}

const refused = (version: string, because: string): WorkerError =>
  new WorkerError('update.refused', `release ${version} is not installed: ${because}`, {
    hint: 'Choose another version, or add `--force` if you know better; what is not signed is never installed.',
  });
