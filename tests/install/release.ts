import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../install/archive/entries.ts';
import { archiveOf } from '../../install/contents.ts';
import { formatReleaseManifest } from '../../install/release-manifest.ts';
import { generateSecretKey, publicKeyOf, type SecretKey, signMinisign } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import type { Artifact } from '../../src/release/manifest.ts';
import type { SigningKey } from '../../src/release/minisign.ts';

/** The pair that releases of these tests are signed with. */
export const TEST_KEY: SecretKey = generateSecretKey();
/** Two, as the project has. Only the second has signed: either will do. */
export const TEST_KEYS: readonly SigningKey[] = [
  { use: 'daily', publicKey: publicKeyOf(generateSecretKey()) },
  { use: 'offline', publicKey: publicKeyOf(TEST_KEY) },
];

export const LINUX = 'x86_64-unknown-linux-gnu';
export const WINDOWS = 'x86_64-pc-windows-msvc';
const COMPLETIONS = ['studio-worker.bash', '_studio-worker', 'studio-worker.fish', 'studio-worker.ps1'];

export interface ReleaseOptions {
  readonly version: string;
  readonly target?: string;
  /** What the executable is: a script, unless a test needs another. */
  readonly program?: string | Uint8Array;
  /** Bytes that do not compress, for archives that take a while or a lot of disk. */
  readonly paddingBytes?: number;
  readonly key?: SecretKey;
}

/** A release that was written into a folder. */
export interface Release {
  readonly version: string;
  readonly folder: string;
  readonly archive: string;
}

/** A program that answers what the installers ask it. It verifies that it was handed what it is to verify. */
export const standIn = (version: string, { selfTestExit = 0 } = {}): string => `#!/bin/sh
case "$1" in
  --version) echo "studio-worker ${version}" ;;
  --self-test)
    [ -s "$3" ] && [ -s "$5" ] && [ -s "$7" ] || exit 3
    [ ${selfTestExit} = 0 ] || echo 'the llama payload is damaged' >&2
    exit ${selfTestExit} ;;
esac
`;

/** Writes a whole release into `folder`: archive, manifest and signature, under the names of a real one. */
export async function writeRelease(folder: string, options: ReleaseOptions): Promise<Release> {
  const { version, target = LINUX, program = standIn(version), key = TEST_KEY } = options;
  await mkdir(folder, { recursive: true });
  const facts = targetOf(target);
  const files: [string, Entry][] = [
    [facts.binary, { bytes: Buffer.from(program), isExecutable: true }],
    ['padding', { bytes: crypto.getRandomValues(new Uint8Array(options.paddingBytes ?? 0)) }],
    ['studio-worker.1', { bytes: Buffer.from(`.TH STUDIO\\-WORKER 1 "" "${version}"\n.SH NAME\nit\n`) }],
    ...COMPLETIONS.map((name): [string, Entry] => [
      `completions/${name}`,
      { bytes: Buffer.from(`# completions of ${version}\n`) },
    ]),
  ];
  const entries = new Map(files.map(([path, entry]) => [`studio-worker-${target}/${path}`, entry]));
  const bytes = await archiveOf(facts, entries, 0);
  await writeFile(join(folder, facts.archive), bytes);
  await signRelease(folder, version, [artifactOf(facts.archive, target, bytes)], key);
  return { version, folder, archive: facts.archive };
}

export const artifactOf = (name: string, target: string, bytes: Uint8Array): Artifact => ({
  name,
  kind: 'worker',
  target,
  sizeBytes: bytes.byteLength,
  sha256: new Bun.CryptoHasher('sha256').update(bytes).digest('hex'),
});

/** Writes a manifest and its signature. */
export async function signRelease(
  folder: string,
  version: string,
  artifacts: readonly Artifact[],
  key: SecretKey = TEST_KEY,
): Promise<void> {
  const text = formatReleaseManifest({
    version,
    channel: 'stable',
    minFrom: '0.1.0',
    rollout: 100,
    artifacts: [...artifacts],
  });
  await writeFile(join(folder, 'dist-manifest.json'), text);
  const signature = signMinisign(Buffer.from(text), key, `studio-worker ${version}`);
  await writeFile(join(folder, 'dist-manifest.json.minisig'), signature);
}
