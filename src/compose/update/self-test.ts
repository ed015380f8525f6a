import manifest from '../../../dist-manifest.json';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import { VERSION } from '../../base/version.ts';
import { COMMANDS } from '../../cli/commands/index.ts';
import { createWorld } from '../../compose.ts';
import { problemWith } from '../../release/verify-files.ts';
import { type Files, systemFiles } from '../../system/disk/files.ts';
import { readEnvironment } from '../../system/environment.ts';
import { payloads } from '../../system/native/payloads.ts';
import { readArchive } from '../../system/native/unpack.ts';
import { signatureCrypto } from '../../system/signature-crypto.ts';
import { sumOf } from './file-sum.ts';
import { tripleOf } from './release-source.ts';

const MAX_MANIFEST_BYTES = MIB;
const MAX_SIGNATURE_BYTES = 16 * KIB;
const OPTIONS = ['--manifest', '--signature', '--archive'] as const;
type Option = (typeof OPTIONS)[number];

/**
 * `--self-test`, which installers run before they put this program in place: what is inside the executable is whole, all of
 * it loads, and the files given are those of this very release. Gives what stands against it, or nothing.
 */
export async function selfTest(words: readonly string[], files: Files = systemFiles): Promise<string | undefined> {
  try {
    const named = readOptions(words);
    return (await readPayloads()) ?? (await brokenCode()) ?? (await strangeFiles(named, files));
  } catch (thrown) {
    return errorChain(thrown);
  }
}

function readOptions(words: readonly string[]): ReadonlyMap<Option, string> {
  const named = new Map<Option, string>();
  for (let at = 0; at < words.length; at += 2) {
    const option = OPTIONS.find((known) => known === words[at]);
    const path = words[at + 1];
    if (option === undefined || path === undefined || named.has(option)) {
      throw usage(`--self-test takes ${OPTIONS.map((one) => `${one} <file>`).join(', ')}, each once`);
    }
    named.set(option, path);
  }
  if (named.size > 0 && !(named.has('--manifest') && named.has('--signature'))) {
    throw usage('--self-test verifies a manifest with its signature: give both');
  }
  return named;
}

const usage = (message: string): WorkerError => new WorkerError('cli.usage', message);

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

async function strangeFiles(named: ReadonlyMap<Option, string>, files: Files): Promise<string | undefined> {
  const [manifestPath, signaturePath, archivePath] = OPTIONS.map((option) => named.get(option));
  if (manifestPath === undefined || signaturePath === undefined) return undefined;
  const bytes = await files.readNamedBytes(manifestPath, MAX_MANIFEST_BYTES);
  const signature = await files.readNamedText(signaturePath, MAX_SIGNATURE_BYTES);
  if (bytes === undefined) return `${manifestPath} is missing`;
  if (signature === undefined) return `${signaturePath} is missing`;
  const archive = archivePath === undefined ? undefined : await sumOf(archivePath, files);
  return problemWith(
    { manifest: bytes, signature, archive },
    { version: VERSION, target: tripleOf(readEnvironment()), keys: manifest.signingKeys, crypto: signatureCrypto },
  );
}
