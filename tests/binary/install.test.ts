import { expect } from 'bun:test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import manifest from '../../dist-manifest.json';
import { archiveOf, contentsOf as filesFor } from '../../install/contents.ts';
import { installerWith } from '../../install/installers.ts';
import { publicKeyOf, type SecretKey } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import { LINUX, needs } from '../needs.ts';
import { contentsOf } from '../install/machine.ts';
import { artifactOf, signRelease } from '../install/release.ts';
import { setup, type Setup } from '../install/setup.ts';
import { BUILD_LIMIT_MS, builtAs } from './built.ts';

const VERSION = '9.2.0';
const target = targetOf(undefined);
const test = needs(LINUX, 'dash', 'xz');

/** The same at each run, so that an executable with it is built once for a state of the sources. */
const KEY: SecretKey = { id: Buffer.alloc(8, 9), seed: Buffer.alloc(32, 9) };
const signingKeys = [{ use: 'daily', publicKey: publicKeyOf(KEY) }];

/** The archive of the product as it is. */
async function packed(): Promise<Uint8Array> {
  const keys = join('dist', 'tests', 'installer-keys.json');
  const text = JSON.stringify({ ...manifest, signingKeys });
  await mkdir(join('dist', 'tests'), { recursive: true });
  if ((await readFile(keys, 'utf8').catch(() => '')) !== text) await writeFile(keys, text);
  const executable = await builtAs(VERSION, keys);
  return await archiveOf(target, await filesFor(target, executable, VERSION), 0);
}

let archive: Promise<Uint8Array> | undefined;

/** A release of it, published on a server, with the installer that goes with it. */
async function published(): Promise<Setup> {
  archive ??= packed();
  const bytes = await archive;
  const it = await setup();
  const folder = join(it.machine.folder, 'release');
  await mkdir(folder);
  await writeFile(join(folder, target.archive), bytes);
  await signRelease(folder, VERSION, [artifactOf(target.archive, target.triple, bytes)], KEY);
  await writeFile(it.script, installerWith(signingKeys, await readFile('install/install.sh', 'utf8')));
  it.server.publish({ version: VERSION, folder, archive: target.archive });
  return it;
}

test(
  'the installer installs the product, which takes itself back to the last byte',
  async () => {
    await using it = await published();
    await writeFile(join(it.machine.home, '.profile'), 'umask 022');
    const before = await contentsOf(it.machine.home);
    expect(await it.install('dash')).toMatchObject({ code: 0, err: '' });
    const program = join(it.machine.home, '.local/bin/studio-worker');
    const login = await it.machine.run(['dash', '-l', '-c', 'studio-worker --version']);
    expect(login).toMatchObject({ code: 0, out: `studio-worker ${VERSION}\n` });
    const uninstalled = await it.machine.run([program, 'uninstall', '--purge', '--yes']);
    expect({ code: uninstalled.code, err: uninstalled.err }).toEqual({ code: 0, err: '' });
    expect(await contentsOf(it.machine.home)).toEqual(before);
  },
  BUILD_LIMIT_MS,
);

test(
  'the installer purges what the product made, over an installation that was used',
  async () => {
    await using it = await published();
    const before = await contentsOf(it.machine.home);
    await it.install('dash');
    expect(await it.install('dash')).toMatchObject({ code: 0, err: '' });
    const program = join(it.machine.home, '.local/bin/studio-worker');
    expect((await it.machine.run([program, 'set-threshold', '6'])).code).toBe(0);
    expect((await it.machine.run([program, 'engines'])).code).toBe(0);
    expect(await it.install('dash', '--uninstall', '--purge')).toMatchObject({ code: 0, err: '' });
    expect(await contentsOf(it.machine.home)).toEqual(before);
  },
  BUILD_LIMIT_MS,
);

test(
  'the product rejects, by its own keys, a release that the installer could not verify',
  async () => {
    await using it = await published();
    await it.machine.without('minisign', 'openssl');
    const manifestPath = join(it.machine.folder, 'release', 'dist-manifest.json');
    const text = await readFile(manifestPath, 'utf8');
    await writeFile(manifestPath, text.replace('"rollout": 100', '"rollout": 10'));
    const { code, err } = await it.install('dash');
    expect(code).toBe(1);
    expect(err).toContain('the new program fails its self-test');
    expect(await contentsOf(it.machine.home)).toEqual({});
  },
  BUILD_LIMIT_MS,
);
