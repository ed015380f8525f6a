import { compareVersions, parseVersion } from '../feed/semver.ts';

/** Those of these folders' names that hold a release which is installed, or older than the one that runs. */
export function supersededReleases(names: readonly string[], running: string): readonly string[] {
  const now = parseVersion(running);
  return names.filter((name) => {
    const version = parseVersion(name);
    return now !== undefined && version !== undefined && compareVersions(version, now) <= 0;
  });
}
