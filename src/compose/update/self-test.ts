import manifest from '../../../dist-manifest.json';
import { errorChain } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import { VERSION } from '../../base/version.ts';
import { COMMANDS } from '../../cli/commands/index.ts';
import { createWorld } from '../../compose.ts';
import { type SelfTestFiles, selfTestFiles } from '../../release/update/command-line.ts';
import { problemWith } from '../../release/verify-files.ts';
import { startSha256 } from '../../system/disk/digest.ts';
import { type Files, systemFiles } from '../../system/disk/files.ts';
import { readEnvironment } from '../../system/environment.ts';
import { payloads } from '../../system/native/payloads.ts';
import { readArchive } from '../../system/native/unpack.ts';
import { signatureCrypto } from '../../system/signature-crypto.ts';
import { sumOf } from './file-sum.ts';
import { tripleOf } from './release-source.ts';

const MAX_MANIFEST_BYTES = MIB;
const MAX_SIGNATURE_BYTES = 16 * KIB;

/**
 * `--self-test`, which installers run before they put this program in place: what is inside the executable is whole, all of
 * it loads, and the files given are those of this very release. Gives what stands against it, or nothing.
 */
export async function selfTest(words: readonly string[], files: Files = systemFiles): Promise<string | undefined> {
  try {
    const named = selfTestFiles(words);
    return (await readPayloads()) ?? (await brokenCode()) ?? (await strangeFiles(named, files));
  } catch (thrown) {
    return errorChain(thrown);
  }
}

/** Throws what is wrong with the first one. */
async function readPayloads(): Promise<undefined> {
  for (const [name, payload] of Object.entries(payloads)) await readArchive(name, payload);
}

/** Loads every command and what `run` is made of, which is most of the code. Nothing is started. */
async function brokenCode(): Promise<string | undefined> {
  try {
    await createWorld();
    for (const load of Object.values(COMMANDS)) await load();
    await import('../commands/run.ts');
    return undefined;
  } catch (thrown) {
    return `its code does not load: ${errorChain(thrown)}`;
  }
}

async function strangeFiles(named: SelfTestFiles | undefined, files: Files): Promise<string | undefined> {
  if (named === undefined) return undefined;
  const bytes = await files.readNamedBytes(named.manifest, MAX_MANIFEST_BYTES);
  const signature = await files.readNamedText(named.signature, MAX_SIGNATURE_BYTES);
  if (bytes === undefined) return `${named.manifest} is missing`;
  if (signature === undefined) return `${named.signature} is missing`;
  const archive = named.archive === undefined ? undefined : await sumOf(named.archive, { files, startSha256 });
  return problemWith(
    { manifest: bytes, signature, archive },
    { version: VERSION, target: tripleOf(readEnvironment()), keys: manifest.signingKeys, crypto: signatureCrypto },
  );
}
