import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import manifest from '../../dist-manifest.json';
import { archiveOf, contentsOf } from '../../install/contents.ts';
import { installerWith } from '../../install/installers.ts';
import { publicKeyOf, type SecretKey } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import { builtAs } from '../binary/built.ts';
import { artifactOf, type Release, signRelease } from './release.ts';
import { setup, type Setup } from './setup.ts';

export const PRODUCT_VERSION = '9.2.0';
const target = targetOf(undefined);

/** The same at each run, so that an executable with it is built once for a state of the sources. */
const KEY: SecretKey = { id: Buffer.alloc(8, 9), seed: Buffer.alloc(32, 9) };
const signingKeys = [{ use: 'daily', publicKey: publicKeyOf(KEY) }];

/** The archive of the product as it is, compressed in haste. */
async function packed(): Promise<Uint8Array> {
  const keys = join('dist', 'tests', 'installer-keys.json');
  const text = JSON.stringify({ ...manifest, signingKeys });
  await mkdir(join('dist', 'tests'), { recursive: true });
  if ((await readFile(keys, 'utf8').catch(() => '')) !== text) await writeFile(keys, text);
  const executable = await builtAs(PRODUCT_VERSION, keys);
  return await archiveOf(target, await contentsOf(target, executable, PRODUCT_VERSION), 0);
}

let archive: Promise<Uint8Array> | undefined;

/** A machine, and a server with a release of the product that is signed by a key of these tests. */
export async function setupProduct(): Promise<Setup & { readonly product: Release }> {
  archive ??= packed();
  const bytes = await archive;
  const it = await setup();
  const folder = join(it.machine.folder, 'release');
  await mkdir(folder);
  await writeFile(join(folder, target.archive), bytes);
  await signRelease(folder, PRODUCT_VERSION, [artifactOf(target.archive, target.triple, bytes)], KEY);
  await writeFile(it.script, installerWith(signingKeys, await readFile('install/install.sh', 'utf8')));
  const release = { version: PRODUCT_VERSION, folder, archive: target.archive };
  it.server.publish(release);
  return { ...it, product: release };
}
