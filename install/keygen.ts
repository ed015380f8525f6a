/**
 * Makes a pair of keys for releases: `bun run release:keygen --use daily|offline --out FOLDER`. With a password in
 * STUDIO_WORKER_SIGN_PASSWORD the secret half is encrypted by it. What becomes of each half is told in
 * docs/releasing.md.
 */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { WorkerError } from '../src/base/errors.ts';
import { atTop } from './at-top.ts';
import { formatSecretKey, generateSecretKey, publicKeyOf } from './sign.ts';

const USES: ReadonlySet<string> = new Set(['daily', 'offline']);

export interface KeygenOptions {
  readonly use: string;
  /** Made when it is not there. */
  readonly folder: string;
  readonly password?: string | undefined;
}

/**
 * Writes `studio-worker-<use>.key`, readable by its owner only, and `.pub`; returns the public half.
 *
 * @throws WorkerError `folder.unusable` for a folder of a repository; `file.unusable` when there is such a key
 */
export function keygen({ use, folder, password }: KeygenOptions): string {
  const repository = repositoryAround(resolve(folder));
  if (repository !== undefined) {
    throw new WorkerError(
      'folder.unusable',
      `${folder} is in the repository ${repository}: a key there gets published`,
      {
        hint: 'Name a folder outside any repository with --out, such as one on a disk that is only plugged in to sign.',
      },
    );
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secret = join(folder, `studio-worker-${use}.key`);
  if (existsSync(secret)) {
    throw new WorkerError(
      'file.unusable',
      `${secret} exists already, and nothing can bring back a key that is overwritten`,
    );
  }
  const key = generateSecretKey();
  const publicKey = publicKeyOf(key);
  writeFileSync(secret, formatSecretKey(key, password), { mode: 0o600, flag: 'wx' });
  writeFileSync(
    join(folder, `studio-worker-${use}.pub`),
    `untrusted comment: studio-worker ${use} key\n${publicKey}\n`,
  );
  return publicKey;
}

/** The closest folder from here up that is a working tree; symbolic links are followed. */
function repositoryAround(path: string): string | undefined {
  const here = existsSync(path) ? realpathSync(path) : path;
  if (existsSync(join(here, '.git'))) return here;
  const above = dirname(here);
  return above === here ? undefined : repositoryAround(above);
}

function main(): void {
  const { values } = parseArgs({ options: { use: { type: 'string' }, out: { type: 'string' } } });
  if (values.out === undefined || !USES.has(values.use ?? '')) {
    throw new WorkerError('cli.usage', 'usage: bun run release:keygen --use daily|offline --out FOLDER');
  }
  const password = process.env['STUDIO_WORKER_SIGN_PASSWORD'];
  const publicKey = keygen({ use: values.use ?? '', folder: values.out, password });
  console.log(`${join(values.out, `studio-worker-${values.use}.key`)}: the secret half; keep it, and never in a repository
public half, for signingKeys in dist-manifest.json: ${publicKey}`);
  if (password === undefined) console.log(`It has no password: \`minisign -C -s <file>\` sets one.`);
}

if (import.meta.main) await atTop(main);
