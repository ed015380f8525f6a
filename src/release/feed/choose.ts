import type { ListedRelease } from './feed.ts';
import { compareVersions, type Version, versionOfTag } from './semver.ts';

/** A release of the feed with the version that its tag names. */
export interface ReleaseCandidate {
  readonly version: Version;
  readonly release: ListedRelease;
}

/** What a feed has for this installation, before anything is verified. */
export interface ReleaseCandidates {
  /** Newest first. */
  readonly candidates: readonly ReleaseCandidate[];
  /** Tags that name no version. */
  readonly unreadableTags: readonly string[];
}

/**
 * The releases that count: no drafts, and prereleases only where the operator allows them. The release's own mark decides what is
 * a prerelease, not the suffix of its version (studio contract, auto-update).
 */
export function candidatesIn(
  releases: readonly ListedRelease[],
  options: { readonly prereleases: boolean },
): ReleaseCandidates {
  const unreadableTags: string[] = [];
  const candidates: ReleaseCandidate[] = [];
  for (const release of releases) {
    if (release.draft || (release.prerelease && !options.prereleases)) continue;
    const version = versionOfTag(release.tag);
    if (version === undefined) unreadableTags.push(release.tag);
    else candidates.push({ version, release });
  }
  return { candidates: candidates.toSorted((a, b) => compareVersions(b.version, a.version)), unreadableTags };
}

/** Those that are newer than a version, newest first. */
export const newerThan = (version: Version, candidates: readonly ReleaseCandidate[]): readonly ReleaseCandidate[] =>
  candidates.filter((candidate) => compareVersions(candidate.version, version) > 0);
