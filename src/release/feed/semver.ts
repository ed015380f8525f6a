/** A version by Semantic Versioning 2.0.0. */
export interface Version {
  /** As it was written. */
  readonly text: string;
  /** Major, minor and patch. Unbounded, so that no two versions are taken for one. */
  readonly core: readonly bigint[];
  /** Identifiers behind the hyphen; empty for a version that is no prerelease. */
  readonly prerelease: readonly string[];
}

const NUMBER = '0|[1-9]\\d*';
const IDENTIFIER = `(?:${NUMBER}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
/** The expression that the specification gives (semver.org, FAQ). */
const SEMVER = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);
const MAX_CHARACTERS = 256;

/** Reads a version; undefined for text that is none. */
export function parseVersion(text: string): Version | undefined {
  const found = text.length > MAX_CHARACTERS ? null : SEMVER.exec(text);
  if (found === null) return undefined;
  const [, major = '', minor = '', patch = '', prerelease] = found;
  return { text, core: [major, minor, patch].map(BigInt), prerelease: prerelease?.split('.') ?? [] };
}

/**
 * The version that a release's tag names: the whole tag, the tag without one leading `v`, or what follows its last `-v`,
 * whichever is a version first (studio contract, auto-update).
 */
export function versionOfTag(tag: string): Version | undefined {
  const suffix = tag.lastIndexOf('-v');
  const forms = [tag, ...(tag.startsWith('v') ? [tag.slice(1)] : []), ...(suffix < 0 ? [] : [tag.slice(suffix + 2)])];
  return forms.map(parseVersion).find((version) => version !== undefined);
}

/** Precedence (semver.org §11): negative when `a` is lower. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, part] of a.core.entries()) {
    const order = compare(part, b.core[at] ?? 0n);
    if (order !== 0) return order;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (const [at, identifier] of a.prerelease.entries()) {
    const other = b.prerelease[at];
    const order = other === undefined ? 1 : compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.prerelease.length - b.prerelease.length;
}

const isNumber = (identifier: string): boolean => /^\d+$/.test(identifier);

/** Numbers by value and below words, words by their characters. */
function compareIdentifiers(a: string, b: string): number {
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
  return isNumber(a) ? compare(BigInt(a), BigInt(b)) : compare(a, b);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
