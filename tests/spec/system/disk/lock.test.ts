import { expect, test } from 'bun:test';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { acquireLock, lockHolder } from '../../../../src/system/disk/lock.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { LINUX, needs, POSIX } from '../../../needs.ts';

async function setup() {
  const folder = await tempFolder();
  const path = folder.at('daemon.lock');
  const started: number[] = [];
  const startHolder = async () => {
    const child = Bun.spawn([process.execPath, `${import.meta.dir}/lock-holder.ts`, path], {
      stdin: 'pipe',
      stdout: 'pipe',
    });
    const first = await within(10_000, 'the holder', child.stdout.getReader().read());
    const said = JSON.parse(new TextDecoder().decode(first.value)) as { is: string; child: number };
    started.push(child.pid, said.child);
    return { child, said };
  };
  const clear = async (): Promise<void> => {
    for (const pid of started) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it ended before
      }
    }
    await folder[Symbol.asyncDispose]();
  };
  return { path, pidPath: folder.at('daemon.pid'), startHolder, [Symbol.asyncDispose]: clear };
}

test('the first worker holds the lock and writes its pid beside it', async () => {
  await using at = await setup();
  const lock = await acquireLock(at.path, { pid: 4711 });
  expect(lock.is).toBe('held');
  expect(await readFile(at.pidPath, 'utf8')).toBe('4711\n');
});

test('a second worker learns who holds the lock and since when', async () => {
  await using at = await setup();
  const { child } = await at.startHolder();
  const lock = await acquireLock(at.path, { pid: process.pid });
  expect(lock).toEqual({ is: 'taken', by: { pid: child.pid, since: (await stat(at.pidPath)).mtimeMs } });
});

test('whoever asks for the holder learns its process', async () => {
  await using at = await setup();
  expect(await lockHolder(at.path, process)).toBe(undefined);
  const { child } = await at.startHolder();
  expect(await lockHolder(at.path, process)).toBe(child.pid);
});

test('a worker that starts finds its lock free while somebody asks for its holder', async () => {
  await using at = await setup();
  await writeFile(at.path, '');
  const asked = lockHolder(at.path, process);
  const taken = await acquireLock(at.path, { pid: 4711 });
  expect([taken.is, await asked]).toEqual(['held', undefined]);
});

test('a lock is taken once even within one process', async () => {
  await using at = await setup();
  const first = await acquireLock(at.path, { pid: 1 });
  const second = await acquireLock(at.path, { pid: 2 });
  expect([first.is, second.is]).toEqual(['held', 'taken']);
});

test('a released lock is free for the next worker', async () => {
  await using at = await setup();
  const first = await acquireLock(at.path, { pid: 1 });
  if (first.is === 'held') first.release();
  if (first.is === 'held') first.release();
  expect((await acquireLock(at.path, { pid: 2 })).is).toBe('held');
});

test('a released lock leaves no pid behind', async () => {
  await using at = await setup();
  const lock = await acquireLock(at.path, { pid: 1 });
  if (lock.is === 'held') lock.release();
  expect(await failureOf(stat(at.pidPath))).toMatchObject({ code: 'ENOENT' });
});

test('a killed worker leaves no lock, though its children live on', async () => {
  await using at = await setup();
  const { child, said } = await at.startHolder();
  child.kill('SIGKILL');
  await within(10_000, 'the killed holder', child.exited);
  expect(process.kill(said.child, 0)).toBe(true);
  expect((await acquireLock(at.path, { pid: process.pid })).is).toBe('held');
});

test('a worker that exits without releasing leaves no lock', async () => {
  await using at = await setup();
  const { child } = await at.startHolder();
  await child.stdin.write('bye\n');
  await child.stdin.end();
  await within(10_000, 'the holder to exit', child.exited);
  expect((await acquireLock(at.path, { pid: process.pid })).is).toBe('held');
});

test('a holder that wrote no readable pid is still the holder', async () => {
  await using at = await setup();
  await acquireLock(at.path, { pid: 1 });
  await writeFile(at.pidPath, 'soon');
  const second = await acquireLock(at.path, { pid: 2 });
  expect(second.is === 'taken' && second.by.pid).toBeUndefined();
});

needs(LINUX, 'flock')('other programs that lock this file are respected', async () => {
  await using at = await setup();
  const other = Bun.spawn(['flock', at.path, 'sh', '-c', 'echo held; exec cat'], { stdin: 'pipe', stdout: 'pipe' });
  await within(10_000, 'flock', other.stdout.getReader().read());
  expect((await acquireLock(at.path, { pid: process.pid })).is).toBe('taken');
  await other.stdin.end();
  await within(10_000, 'flock to end', other.exited);
  expect((await acquireLock(at.path, { pid: process.pid })).is).toBe('held');
});

test('a folder that cannot hold a lock is named together with the remedy', async () => {
  await using at = await setup();
  await writeFile(at.pidPath, 'a file, no folder');
  const failure = await failureOf(acquireLock(`${at.pidPath}/daemon.lock`, { pid: 1 }));
  expect(failure).toMatchObject({ code: 'folder.unusable', hint: expect.stringContaining('--config') });
  expect(String(failure)).toContain(`${at.pidPath}/daemon.lock`);
});

test('a holder that cannot write its pid holds the lock all the same', async () => {
  await using at = await setup();
  await mkdir(at.pidPath);
  const first = await acquireLock(at.path, { pid: 1 });
  const second = await acquireLock(at.path, { pid: 2 });
  expect(first.is).toBe('held');
  expect(second).toMatchObject({ is: 'taken', by: { pid: undefined } });
  if (first.is === 'held') first.release();
  expect((await acquireLock(at.path, { pid: 3 })).is).toBe('held');
});

needs(POSIX)('a lock is rejected on a link or pipe and writes nothing there', async () => {
  await using at = await setup();
  const victim = at.path.replace('daemon.lock', 'victim');
  await symlink(victim, at.path);
  expect(await failureOf(acquireLock(at.path, { pid: 1 }))).toMatchObject({
    code: 'folder.unusable',
    message: `${at.path} is a link or no plain file`,
    hint: expect.stringContaining(`Remove ${at.path}`),
  });
  await rm(at.path);
  Bun.spawnSync(['mkfifo', at.path]);
  expect(await failureOf(acquireLock(at.path, { pid: 1 }))).toMatchObject({ code: 'folder.unusable' });
  await rm(at.path);
  await symlink(victim, at.pidPath);
  expect((await acquireLock(at.path, { pid: 1 })).is).toBe('held');
  expect(await failureOf(stat(victim))).toMatchObject({ code: 'ENOENT' });
});

test('a lock that removes its file leaves nothing behind', async () => {
  await using at = await setup();
  const lock = await acquireLock(at.path, { pid: 1, removes: true });
  if (lock.is === 'held') lock.release();
  expect(await readdir(at.path.replace('/daemon.lock', ''))).toEqual([]);
});

needs(POSIX)('a lock file moved aside does not block its old name', async () => {
  await using at = await setup();
  const first = await acquireLock(at.path, { pid: 1, removes: true });
  await rename(at.path, `${at.path}.aside`);
  const second = await acquireLock(at.path, { pid: 2, removes: true });
  expect([first.is, second.is]).toEqual(['held', 'held']);
  expect((await acquireLock(at.path, { pid: 3 })).is).toBe('taken');
});

needs(POSIX)(
  'a lock whose file is removed has one holder at a time',
  async () => {
    await using at = await setup();
    const inside = at.path.replace('daemon.lock', 'inside');
    const program = `
    const { acquireLock } = await import('${import.meta.dir}/../../../../src/system/disk/lock.ts');
    const { mkdirSync, rmdirSync } = await import('node:fs');
    let held = 0;
    while (held < 150) {
      const lock = await acquireLock('${at.path}', { pid: process.pid, removes: true });
      if (lock.is !== 'held') continue;
      mkdirSync('${inside}'); // fails while somebody else is inside
      rmdirSync('${inside}');
      held += 1;
      lock.release();
    }
    console.log('done');`;
    const children = Array.from({ length: 3 }, () =>
      Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe', stderr: 'inherit' }),
    );
    const ends = children.map(async (child) => (await new Response(child.stdout).text()).trim());
    expect(await within(50_000, 'the children', Promise.all(ends))).toEqual(['done', 'done', 'done']);
    expect(await failureOf(stat(at.path))).toMatchObject({ code: 'ENOENT' });
  },
  60_000,
);
