import { workerFor } from '../manifest.ts';
import { whyShelved, type UpdateState } from '../update/state.ts';
import { compareVersions, parseVersion, type Version } from './semver.ts';
import type { TrustedRelease } from './trusted.ts';

/*
 * All that may stand against moving to a release that is ours. The background takes none with an objection; an operator
 * who asks for an update gets past some of them, and with `--force` past more.
 */

/** What the objections are decided on. */
export interface UpdateFacts {
  readonly running: Version;
  readonly state: UpdateState;
  readonly prereleases: boolean;
  /** The triple that this program was built for. */
  readonly target: string;
  /** This installation's place in a staged rollout, from 0 (first) to 99. */
  readonly cohort: number;
}

/** What starts an update: the updater by itself, an operator, or an operator with `--force`. */
export type UpdateTrigger = 'by-itself' | 'asked' | 'forced';

interface Objection {
  /** The triggers that it does not stop. */
  readonly passes: readonly UpdateTrigger[];
  readonly against: (release: TrustedRelease, facts: UpdateFacts) => string | undefined;
}

const OBJECTIONS: readonly Objection[] = [
  {
    passes: [],
    against: ({ manifest }, { target }) =>
      workerFor(manifest, target) === undefined ? `it has no executable for ${target}` : undefined,
  },
  {
    passes: [],
    against: ({ manifest: { channel } }, { prereleases }) =>
      channel === 'prerelease' && !prereleases ? 'it is a prerelease' : undefined,
  },
  {
    passes: ['asked', 'forced'],
    against: ({ version }, { state: { pinned } }) =>
      pinned === undefined || pinned === version.text ? undefined : `the operator pinned ${pinned}`,
  },
  {
    passes: ['forced'],
    against: ({ version }, { state: { highestSeen }, running }) => {
      const highest = highestOf(running, highestSeen);
      return compareVersions(version, highest) < 0 ? `${highest.text} was seen already` : undefined;
    },
  },
  {
    passes: ['forced'],
    against: ({ manifest: { minFrom } }, { running }) =>
      isBelow(running, minFrom) ? `it takes a step from ${minFrom} or newer` : undefined,
  },
  {
    passes: ['forced'],
    against: ({ version }, { state }) => {
      const because = whyShelved(state, version.text);
      return because === undefined ? undefined : `it is shelved: ${because}`;
    },
  },
  {
    passes: ['asked', 'forced'],
    against: ({ manifest: { rollout } }, { cohort }) =>
      cohort < rollout ? undefined : `it is rolled out to ${rollout} % so far, and this installation comes later`,
  },
];

/** Why this installation does not move to a release; undefined when it does. */
export function objectionTo(release: TrustedRelease, facts: UpdateFacts, wish: UpdateTrigger): string | undefined {
  for (const { passes, against } of OBJECTIONS) {
    const because = passes.includes(wish) ? undefined : against(release, facts);
    if (because !== undefined) return because;
  }
  return undefined;
}

/** The higher of what runs and what was seen. */
function highestOf(running: Version, seen: string | undefined): Version {
  const highest = seen === undefined ? undefined : parseVersion(seen);
  return highest !== undefined && compareVersions(highest, running) > 0 ? highest : running;
}

function isBelow(version: Version, limit: string): boolean {
  const parsed = parseVersion(limit);
  return parsed !== undefined && compareVersions(version, parsed) < 0;
}

/** Remembers the highest version of a release that is ours. */
export function withSeen(state: UpdateState, version: Version): UpdateState {
  const highest = state.highestSeen === undefined ? undefined : parseVersion(state.highestSeen);
  const isHigher = highest === undefined || compareVersions(version, highest) > 0;
  return isHigher ? { ...state, highestSeen: version.text } : state;
}
