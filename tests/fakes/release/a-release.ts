import { parseVersion, type Version } from '../../../src/release/feed/semver.ts';
import type { TrustedRelease } from '../../../src/release/feed/trusted.ts';
import type { ReleaseManifest } from '../../../src/release/manifest.ts';

/** The parts of a version number that is known to be one. */
export const versionOf = (text: string): Version => parseVersion(text) ?? { text: '', core: [], prerelease: [] };

/** A release whose manifest was found to be signed, for everybody and of no files, unless told otherwise. */
export const aRelease = (version = '0.6.0', about: Partial<ReleaseManifest> = {}): TrustedRelease => ({
  version: versionOf(version),
  manifest: {
    schema: 'studio-worker-release/1',
    version,
    channel: 'stable',
    minFrom: '0.0.0',
    rollout: 100,
    artifacts: [],
    ...about,
  },
  manifestBytes: new TextEncoder().encode('{}'),
  signature: 'signed',
  urlOf: (file) => `https://example.invalid/${file}`,
});
