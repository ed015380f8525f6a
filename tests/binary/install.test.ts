import { expect } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LINUX, needs } from '../needs.ts';
import { contentsOf } from '../install/machine.ts';
import { PRODUCT_VERSION, setupProduct } from '../install/product.ts';
import { BUILD_LIMIT_MS } from './built.ts';

const test = needs(LINUX, 'dash', 'xz');

test(
  'the installer installs the product, which takes itself back to the last byte',
  async () => {
    await using it = await setupProduct();
    await writeFile(join(it.machine.home, '.profile'), 'umask 022');
    const before = await contentsOf(it.machine.home);
    expect(await it.install('dash')).toMatchObject({ code: 0, err: '' });
    const program = join(it.machine.home, '.local/bin/studio-worker');
    const login = await it.machine.run(['dash', '-l', '-c', 'studio-worker --version']);
    expect(login).toMatchObject({ code: 0, out: `studio-worker ${PRODUCT_VERSION}\n` });
    const uninstalled = await it.machine.run([program, 'uninstall', '--purge', '--yes']);
    expect({ code: uninstalled.code, err: uninstalled.err }).toEqual({ code: 0, err: '' });
    expect(await contentsOf(it.machine.home)).toEqual(before);
  },
  BUILD_LIMIT_MS,
);

test(
  'the installer purges what the product made, over an installation that was used',
  async () => {
    await using it = await setupProduct();
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
  'an unverified download is still rejected by the product’s own keys',
  async () => {
    await using it = await setupProduct();
    await it.machine.without('minisign', 'openssl');
    const manifestPath = join(it.product.folder, 'dist-manifest.json');
    const text = await readFile(manifestPath, 'utf8');
    await writeFile(manifestPath, text.replace('"rollout": 100', '"rollout": 10'));
    const { code, err } = await it.install('dash');
    expect(code).toBe(1);
    expect(err).toContain('the new program fails its self-test');
    expect(await contentsOf(it.machine.home)).toEqual({});
  },
  BUILD_LIMIT_MS,
);
