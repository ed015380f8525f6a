import { expect, test } from 'bun:test';
import { join } from 'node:path';
import manifest from '../../dist-manifest.json';
import { installerWith } from '../../install/installers.ts';
import { filesIn } from '../../install/payload.ts';
import { needs } from '../needs.ts';
import { TEST_KEYS } from './release.ts';

const SCRIPTS = ['install/install.sh', 'install/install.ps1'];

needs('shellcheck')('shellcheck has nothing to say about the installer', async () => {
  const child = Bun.spawn(['shellcheck', '--shell=sh', 'install/install.sh'], { stdio: ['ignore', 'pipe', 'pipe'] });
  expect(await new Response(child.stdout).text()).toBe('');
  expect(await child.exited).toBe(0);
});

for (const script of SCRIPTS) {
  test(`${script} accepts the keys that the executables accept`, async () => {
    const text = await Bun.file(script).text();
    expect(installerWith(manifest.signingKeys, text)).toBe(text);
  });

  test(`${script} gets the keys of its release`, async () => {
    const text = installerWith(TEST_KEYS, await Bun.file(script).text());
    for (const { publicKey } of TEST_KEYS) expect(text).toContain(publicKey);
    for (const { publicKey } of manifest.signingKeys) expect(text).not.toContain(publicKey);
  });
}

test('the page on installing verifies by hand with the key of every release', async () => {
  const daily = manifest.signingKeys.find(({ use }) => use === 'daily');
  expect(await Bun.file('docs/installing.md').text()).toContain(`-P ${daily?.publicKey}\n`);
});

test('a text without a place for keys is no installer', () => {
  expect(() => installerWith(TEST_KEYS, '#!/bin/sh\n')).toThrow('no place for its keys');
});

test('the installer asks for the C library that the native libraries are linked to', async () => {
  const text = await Bun.file('install/install.sh').text();
  const [, asked] = /^MIN_GLIBC=(\S+)$/m.exec(text) ?? [];
  const needed = (await glibcVersions('node_modules/@node-llama-cpp/linux-x64/bins')).map(Number);
  expect(asked).toBe(`2.${Math.max(...needed)}`);
});

/** The minor versions of glibc whose symbols the libraries in a folder are linked to. */
async function glibcVersions(folder: string): Promise<readonly string[]> {
  const texts = await Promise.all(filesIn(folder).map((path) => Bun.file(join(folder, path)).bytes()));
  return texts.flatMap((bytes) =>
    [
      ...Buffer.from(bytes)
        .toString('latin1')
        .matchAll(/GLIBC_2\.(\d+)/g),
    ].map(([, minor = '']) => minor),
  );
}

for (const script of SCRIPTS) {
  // Windows PowerShell 5.1 reads a script without a mark by the system's code page.
  test(`${script} is plain ASCII`, async () => {
    expect(await Bun.file(script).text()).toMatch(/^[\x20-\x7e\n]+$/);
  });
}
