/** The release whose arguments we speak: upstream renames them now and then. */
export const PINNED_RELEASE = 'master-920-2f88688';
/** The commit of that release, as its programs print it. */
export const PINNED_COMMIT = PINNED_RELEASE.slice(PINNED_RELEASE.lastIndexOf('-') + 1);

const MIN_COMMIT_LENGTH = 7;

/** Whether what `sd-cli --version` printed names the pinned commit, in however many digits. */
export function isPinned(version: string): boolean {
  const after = version.slice(version.lastIndexOf('commit ') + 'commit '.length);
  const commit = version.includes('commit ') ? (/^[0-9a-f]+/i.exec(after)?.[0]?.toLowerCase() ?? '') : '';
  const shared = Math.min(commit.length, PINNED_COMMIT.length);
  return shared >= MIN_COMMIT_LENGTH && commit.slice(0, shared) === PINNED_COMMIT.slice(0, shared);
}
