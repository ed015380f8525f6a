import { expect, test } from 'bun:test';
import { nativePlugin } from '../../../install/native-plugin.ts';
import { TARGETS, targetOf } from '../../../install/targets.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

test('we release for five systems, each under its own name', () => {
  expect(TARGETS.map(({ triple }) => triple)).toEqual([
    'x86_64-unknown-linux-gnu',
    'aarch64-unknown-linux-gnu',
    'x86_64-apple-darwin',
    'aarch64-apple-darwin',
    'x86_64-pc-windows-msvc',
  ]);
});

test.each(TARGETS)('the archive of $triple is named after it, with the ending of its system', (target) => {
  expect(target.archive).toBe(`studio-worker-${target.triple}.${target.os === 'win32' ? 'zip' : 'tar.xz'}`);
  expect(target.binary).toBe(target.os === 'win32' ? 'studio-worker.exe' : 'studio-worker');
  expect(target.triple.startsWith(target.cpu === 'arm64' ? 'aarch64' : 'x86_64')).toBe(true);
});

test('a triple nobody released is refused with the list of those there are', () => {
  expect(() => targetOf('sparc-sun-solaris')).toThrow(
    expect.objectContaining({ code: 'cli.usage', hint: expect.stringContaining('x86_64-apple-darwin') }),
  );
  expect(targetOf('aarch64-apple-darwin')).toMatchObject({ bunTarget: 'bun-darwin-arm64', os: 'darwin', cpu: 'arm64' });
});

test('a program that never loads the image library is refused, not shipped without it', async () => {
  const plugin = nativePlugin(['sharp'], []);
  expect(() => plugin.assertUsed()).toThrow('native files would be missing');
});

test('a file that has changed since its replacement was written fails the build', async () => {
  await using folder = await tempFolder();
  const finder = folder.at('node_modules/sharp/dist/sharp.mjs');
  await Bun.write(finder, 'export default {};');
  const plugin = nativePlugin(['sharp'], []);
  const built = await Bun.build({ entrypoints: [finder], target: 'bun', plugins: [plugin], throw: false });
  expect(built.success).toBe(false);
  expect(built.logs.map(String).join()).toContain('has changed: no require(');
});
