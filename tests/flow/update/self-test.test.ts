import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { formatReleaseManifest } from '../../../install/release-manifest.ts';
import { generateSecretKey, signMinisign } from '../../../install/sign.ts';
import { VERSION } from '../../../src/base/version.ts';
import { runMain } from '../../fakes/run-main.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const selfTest = (...words: readonly string[]) => runMain(['--self-test', ...words]);

test('a program that is whole has nothing to say', async () => {
  expect(await selfTest()).toEqual({ out: '', err: '', code: 0 });
});

test.each([
  [['--archive', 'x'], 'give both'],
  [['--manifest', 'x'], 'give both'],
  [['--manifest'], '--self-test takes --manifest <file>, --signature <file>, --archive <file>, each once'],
  [['--manifest', 'x', '--manifest', 'y'], 'each once'],
  [['--what', 'x'], 'each once'],
  [['--manifest', '/nonexistent', '--signature', '/nonexistent'], '/nonexistent is missing'],
])('the words %p are refused with the reason', async (words, because) => {
  const { code, out, err } = await selfTest(...words);
  expect([code, out]).toEqual([1, '']);
  expect(err).toStartWith(`self-test of studio-worker ${VERSION} failed: `);
  expect(err).toContain(because);
});

test('a manifest that a stranger signed fails the test', async () => {
  await using folder = await tempFolder();
  const text = formatReleaseManifest({
    version: VERSION,
    channel: 'stable',
    minFrom: '0.0.0',
    rollout: 100,
    artifacts: [],
  });
  await writeFile(folder.at('m'), text);
  await writeFile(folder.at('s'), signMinisign(new TextEncoder().encode(text), generateSecretKey(), 'x'));
  const { code, err } = await selfTest('--manifest', folder.at('m'), '--signature', folder.at('s'));
  expect(code).toBe(1);
  expect(err).toContain('which is none of ours');
});
