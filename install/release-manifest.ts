import { MANIFEST_SCHEMA, type ReleaseManifest } from '../src/release/manifest.ts';

/** What the installer scripts read with `sed`: keys in this order, and each artifact on a line of its own. */
export function formatReleaseManifest({
  version,
  channel,
  minFrom,
  rollout,
  artifacts,
}: Omit<ReleaseManifest, 'schema'>): string {
  const head = Object.entries({ schema: MANIFEST_SCHEMA, version, channel, minFrom, rollout });
  const lines = artifacts.map(({ name, kind, target, flavour, url, sizeBytes, sha256 }) =>
    // A key without a value is left out.
    JSON.stringify({ name, kind, target, flavour, url, sizeBytes, sha256 }),
  );
  return [
    '{',
    ...head.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)},`),
    '"artifacts": [',
    lines.join(',\n'),
    ']',
    '}',
    '',
  ].join('\n');
}
