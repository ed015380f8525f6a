import * as v from 'valibot';
import { describeIssues } from '../contract/read.ts';
import { parseVersion } from './feed/semver.ts';

/**
 * The manifest of a release: what it consists of. It is the one file that is signed, so everything else of a release is
 * trusted by the size and the digest that stand here.
 */
export const MANIFEST_FILE = 'dist-manifest.json';
/** Its signature in the format of minisign, beside it. */
export const SIGNATURE_FILE = `${MANIFEST_FILE}.minisig`;
/** Other programs' releases have files of the same name, but with another value here, or none. */
export const MANIFEST_SCHEMA = 'studio-worker-release/1';

/** One file of a release, or of another project that the release relies on. */
export type Artifact = v.InferOutput<typeof ArtifactSchema>;
export type ReleaseManifest = v.InferOutput<typeof ManifestSchema>;

/** What a text that should be a manifest turned out to be. */
export type ManifestReading =
  | { readonly is: 'manifest'; readonly manifest: ReleaseManifest }
  /** Of another program or another age: to be skipped, and no fault. */
  | { readonly is: 'foreign' }
  | { readonly is: 'invalid'; readonly because: string };

/** A file's name that stays in the folder it is put in, on every system. */
const FILE_NAME = /^(?!-)[A-Za-z0-9._+-]*[A-Za-z0-9]$/;
/** No release of ours comes near it. */
const MAX_ARTIFACTS = 500;

const Version = v.pipe(
  v.string(),
  v.check((text) => parseVersion(text) !== undefined, 'expected a version'),
);

const ArtifactSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(200), v.check(isFileName, 'expected a file name')),
  /** `worker`, `installer`, `pack`, `sd-cpp` or `sbom`. One from a later version of this program is kept, and unused. */
  kind: v.string(),
  /** A triple of the repository's `dist-manifest.json`, or `any`. */
  target: v.string(),
  /** The device that a pack is for, such as `cuda`. */
  flavour: v.optional(v.string()),
  /** Where another project has it; what has none is a file of the release itself. */
  url: v.optional(v.pipe(v.string(), v.check(isHttps, 'expected an https URL'))),
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Lower-case hex. */
  sha256: v.pipe(v.string(), v.check(isSha256, 'expected 64 hex digits')),
});

const ManifestSchema = v.object({
  schema: v.literal(MANIFEST_SCHEMA),
  version: Version,
  channel: v.picklist(['stable', 'prerelease']),
  /** The oldest version that may step to this one directly. */
  minFrom: Version,
  /** Percent of the workers that may take it now. */
  rollout: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(100)),
  artifacts: v.pipe(
    v.array(ArtifactSchema),
    v.maxLength(MAX_ARTIFACTS),
    v.check((all) => isUnique(all.map(({ name }) => name)), 'a name stands there twice'),
    v.check((all) => isUnique(all.filter(isWorker).map(({ target }) => target)), 'two workers for one target'),
  ),
});

/** Reads a manifest. A caller that acts on it must have verified the signature over the same bytes. Never throws. */
export function readReleaseManifest(text: string): ManifestReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { is: 'invalid', because: 'not JSON' };
  }
  if (!v.is(v.object({ schema: v.literal(MANIFEST_SCHEMA) }), value)) return { is: 'foreign' };
  const parsed = v.safeParse(ManifestSchema, value);
  return parsed.success
    ? { is: 'manifest', manifest: parsed.output }
    : { is: 'invalid', because: describeIssues(parsed.issues) };
}

/** The archive with the executable for a target; undefined when the release has none. */
export const workerFor = ({ artifacts }: ReleaseManifest, triple: string): Artifact | undefined =>
  artifacts.find(({ kind, target }) => kind === 'worker' && target === triple);

function isFileName(text: string): boolean {
  return FILE_NAME.test(text);
}

function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function isHttps(text: string): boolean {
  return URL.parse(text)?.protocol === 'https:';
}

function isWorker({ kind }: { readonly kind: string }): boolean {
  return kind === 'worker';
}

function isUnique(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}
