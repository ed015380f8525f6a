import { expect, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { originOf } from '../../../install/origin.ts';
import { createSteps } from '../../../install/steps.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs } from '../../needs.ts';

const TARGET = { triple: 'x86_64-unknown-linux-gnu' };
const UNKNOWN = { target: TARGET.triple, runtime: `Bun ${Bun.version}` };
const withGit = needs('git');

/** A checkout with one commit of a known time. */
async function checkout() {
  const folder = await tempFolder();
  const git = (...args: readonly string[]): string => {
    const person = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b',
    };
    const env = { ...process.env, ...person, GIT_COMMITTER_DATE: '2026-03-01T12:00:00+05:30', HOME: folder.path };
    const { success, stdout, stderr } = Bun.spawnSync(['git', '-C', folder.path, ...args], { env });
    if (!success) throw new Error(stderr.toString());
    return stdout.toString().trim();
  };
  git('init', '--quiet');
  await writeFile(folder.at('file'), 'committed');
  git('add', 'file');
  git('commit', '--quiet', '--message', 'first');
  return { folder, commit: git('rev-parse', 'HEAD'), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

withGit('a build names its commit and that commit’s time', async () => {
  await using at = await checkout();
  expect(originOf(TARGET, at.folder.path)).toEqual({ ...UNKNOWN, commit: at.commit, date: '2026-03-01T06:30:00Z' });
});

withGit('files that differ from the commit are said with it, new ones are not', async () => {
  await using at = await checkout();
  await writeFile(at.folder.at('new'), 'nobody knows it');
  expect(originOf(TARGET, at.folder.path).commit).toBe(at.commit);
  await writeFile(at.folder.at('file'), 'changed');
  expect(originOf(TARGET, at.folder.path).commit).toBe(`${at.commit}-dirty`);
});

withGit('sources that lie in the checkout of something else have no commit', async () => {
  await using at = await checkout();
  await mkdir(at.folder.at('copy'));
  expect(originOf(TARGET, at.folder.at('copy'))).toEqual(UNKNOWN);
});

test('nothing is known of the commit outside a checkout, or without Git', async () => {
  await using folder = await tempFolder();
  expect(originOf(TARGET, folder.path)).toEqual(UNKNOWN);
  const module = JSON.stringify(`${process.cwd()}/install/origin.ts`);
  const code = `import { originOf } from ${module}; console.log(JSON.stringify(originOf({ triple: 'a' })));`;
  const { stdout } = Bun.spawnSync([process.execPath, '-e', code], { env: { PATH: folder.path } });
  expect(JSON.parse(stdout.toString())).toEqual({ ...UNKNOWN, target: 'a' });
});

test('a build step logs its start, its result and its duration', async () => {
  const lines: string[] = [];
  const times = [1_000, 3_400, 5_000, 5_020, 6_000];
  const steps = createSteps(
    (line) => void lines.push(line),
    () => times.shift() ?? 0,
  );
  expect(await steps.step('executable', () => Promise.resolve({ value: 7, note: '90.0 MiB' }))).toBe(7);
  await steps.step('licences', () => Promise.resolve({ value: undefined }));
  expect(lines).toEqual(['executable …', 'executable: 90.0 MiB, 2.4 s', 'licences …', 'licences: 20 ms']);
  const failing = steps.step('packages', () => Promise.reject(new Error('no network')));
  expect(await failureOf(failing)).toMatchObject({ message: 'no network' });
  expect(lines.at(-1)).toBe('packages …');
});
