import { expect, test } from 'bun:test';
import manifest from '../../../dist-manifest.json';
import { targetFor } from '../../../src/release/target.ts';

test('a system finds the target that was built for it', () => {
  expect(targetFor(manifest.targets, { platform: 'linux', arch: 'x64' })?.triple).toBe('x86_64-unknown-linux-gnu');
  expect(targetFor(manifest.targets, { platform: 'darwin', arch: 'arm64' })?.triple).toBe('aarch64-apple-darwin');
});

test('Windows finds its target under the name of the compiler', () => {
  expect(targetFor(manifest.targets, { platform: 'win32', arch: 'x64' })?.triple).toBe('x86_64-pc-windows-msvc');
});

test('a system that no release is built for finds no target', () => {
  expect(targetFor(manifest.targets, { platform: 'freebsd', arch: 'x64' })).toBe(undefined);
  expect(targetFor(manifest.targets, { platform: 'linux', arch: 'mips' })).toBe(undefined);
});
