import { expect, test } from 'bun:test';
import { isAbsolute } from 'node:path';
import { readEnvironment } from '../../../src/system/environment.ts';

const SOURCE = `${import.meta.dir}/../../../src/system/environment.ts`;

/** What a process started with these variables learns about itself. */
async function learn(variables: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const script = `
    const { readEnvironment } = await import(${JSON.stringify(SOURCE)});
    const { userName, ...facts } = readEnvironment();
    console.log(JSON.stringify({ userName, here: facts.get('HERE') ?? 'unset', cwd: facts.cwd }));`;
  const child = Bun.spawn([process.execPath, '-e', script], { env: variables, stdout: 'pipe' });
  return JSON.parse(await new Response(child.stdout).text()) as Record<string, string>;
}

test('the process knows where and as what it runs', () => {
  const here = readEnvironment();
  expect(here).toMatchObject({ platform: process.platform, pid: process.pid, execPath: process.execPath });
  expect([here.tempDir, here.cwd, here.execPath].filter((path) => !isAbsolute(path))).toEqual([]);
  expect(here.hostName).not.toBe('');
});

test('a variable set to nothing differs from one that is not set', async () => {
  expect((await learn({ HERE: '' })).here).toBe('');
  expect((await learn({})).here).toBe('unset');
});

test('an account whose name the runtime does not know has none', async () => {
  expect((await learn({})).userName).not.toBe('unknown');
});
