import { expect } from 'bun:test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../../src/system/process/alive.ts';
import { endOf } from '../fakes/run-main.ts';
import { smallSystemd } from '../fakes/service/small-systemd.ts';
import { tempFolder } from '../fakes/system/temp-folder.ts';
import { contentsOf } from '../install/machine.ts';
import { LINUX, needs } from '../needs.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { openRehearsal } from './rehearsal.ts';

/** A part of the page: what is typed, and lines that are shown for it. */
interface Scene {
  readonly heading: string;
  readonly commands: string;
  readonly shown: readonly string[];
}

async function scenesOf(page: string): Promise<readonly Scene[]> {
  const parts = (await readFile(page, 'utf8')).split(/^## /m).slice(1);
  return parts.flatMap((part) => {
    const [heading = ''] = part.split('\n', 1);
    return [...part.matchAll(/```sh\n(.*?)```\n(?:\n```text\n(.*?)```\n)?/gs)].map(([, commands = '', shown = '']) => ({
      heading,
      commands,
      shown: shown.split('\n').filter((line) => line !== ''),
    }));
  });
}

/** An empty home, and a service manager that starts what it is told to. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const rehearsal = stack.use(await openRehearsal(folder.path));
  const systemd = stack.use(await smallSystemd(folder.at('system')));
  const home = folder.at('home');
  await mkdir(home);
  const env = {
    ...rehearsal.variables,
    HOME: home,
    PATH: `${systemd.folder}:${join(home, '.local/bin')}:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
  };
  async function shell(commands: string) {
    return await endOf(Bun.spawn(['sh', '-ec', commands], { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] }));
  }
  return { home, systemd, shell, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

needs(LINUX, 'xz', 'curl')(
  'a machine survives the rehearsal page and is left as it was',
  async () => {
    await using it = await setup();
    await writeFile(join(it.home, '.profile'), 'umask 022\n');
    const before = await contentsOf(it.home);
    const pids = new Set<number | undefined>();
    for (const { heading, commands, shown } of await scenesOf('docs/rehearsal.md')) {
      const { code, out, err } = await it.shell(commands);
      const missing = shown.filter((line) => !out.includes(line));
      expect({ heading, code, missing, seen: missing.length > 0 || code !== 0 ? `${out}${err}` : '' }).toEqual({
        heading,
        code: 0,
        missing: [],
        seen: '',
      });
      if (heading !== 'Install' && heading !== 'Leave') pids.add(await it.systemd.pid());
    }
    const [pid = 0, ...others] = pids;
    expect([others, isAlive(pid)]).toEqual([[], false]); // one process from the first version to the last
    const after = await contentsOf(it.home);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after).toEqual(before);
  },
  BUILD_LIMIT_MS,
);
