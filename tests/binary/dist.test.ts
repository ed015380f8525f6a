import { afterAll, beforeAll, expect } from 'bun:test';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../dist-manifest.json';
import { dist } from '../../install/dist.ts';
import { generateSecretKey, publicKeyOf } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import { readReleaseManifest, workerFor } from '../../src/release/manifest.ts';
import { needs } from '../needs.ts';
import { alone, BUILD_LIMIT_MS } from './built.ts';

const VERSION = '9.1.0-rc.1';
const target = targetOf(undefined);
const inTurn = needs('xz', 'tar');
let root = '';

/** Two releases for this machine, built one after the other. */
async function buildTwice(): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'studio-worker-dist-'));
  const signKey = generateSecretKey();
  const keys = { ...manifest, signingKeys: [{ use: 'daily', publicKey: publicKeyOf(signKey) }] };
  const distManifest = join(root, 'keys.json');
  await Bun.write(distManifest, JSON.stringify(keys));
  for (const name of ['first', 'second']) {
    const folder = join(root, name);
    const made = { targets: [target], folder, signKey, version: VERSION, distManifest, preset: 0, isLocal: true };
    await dist({ ...made, log: () => {} });
  }
}

beforeAll(async () => {
  if (Bun.which('xz') !== null) await buildTwice();
}, BUILD_LIMIT_MS);
afterAll(() => rm(root, { recursive: true, force: true }));

inTurn('two runs make a release of the same bytes, signature included', async () => {
  const names = (await readdir(join(root, 'first'))).toSorted();
  expect((await readdir(join(root, 'second'))).toSorted()).toEqual(names);
  expect(names).toEqual(expect.arrayContaining(['dist-manifest.json.minisig', 'sha256.sum', target.archive]));
  for (const name of names) {
    const [first, second] = ['first', 'second'].map((folder) => Bun.file(join(root, folder, name)));
    expect([name, Buffer.compare(await first!.bytes(), await second!.bytes())]).toEqual([name, 0]);
  }
});

inTurn('the archive holds a folder with the program, its pages and what shells read', async () => {
  const out = join(root, 'unpacked');
  await mkdir(out);
  expect(Bun.spawnSync(['tar', '-C', out, '-xf', join(root, 'first', target.archive)]).exitCode).toBe(0);
  const folder = join(out, `studio-worker-${target.triple}`);
  const files = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  for (const page of ['LICENSE', 'NOTICE', 'README.md', 'studio-worker.1']) expect(files).toContain(page);
  expect(files.filter((path) => path.startsWith('completions/'))).toHaveLength(4);
  await using program = await alone(join(folder, target.binary));
  expect(await program.run(['--version'])).toEqual({ code: 0, stdout: `studio-worker ${VERSION}\n`, stderr: '' });
});

inTurn('an archived program trusts its own release but no changed one', async () => {
  await using program = await alone(join(root, 'unpacked', `studio-worker-${target.triple}`, target.binary));
  const at = (name: string): string => join(root, 'first', name);
  const files = ['--manifest', at('dist-manifest.json'), '--signature', at('dist-manifest.json.minisig')];
  const good = await program.run(['--self-test', ...files, '--archive', at(target.archive)]);
  expect(good).toMatchObject({ code: 0, stderr: '' });
  const bad = await program.run(['--self-test', ...files, '--archive', at('sha256.sum')]);
  expect(bad.code).not.toBe(0);
});

inTurn('the manifest calls a version with a suffix a prerelease', async () => {
  const reading = readReleaseManifest(await Bun.file(join(root, 'first/dist-manifest.json')).text());
  if (reading.is !== 'manifest') throw new Error(reading.is);
  expect(reading.manifest).toMatchObject({ version: VERSION, channel: 'prerelease', rollout: 100 });
  expect(workerFor(reading.manifest, target.triple)).toMatchObject({ name: target.archive });
});
