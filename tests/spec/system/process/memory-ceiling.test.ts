import { expect, test } from 'bun:test';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { GIB } from '../../../../src/base/units.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { createAskProgram } from '../../../../src/system/process/ask-program.ts';
import { createMemoryCeiling } from '../../../../src/system/process/memory-ceiling.ts';
import { createMemoryScopes, memoryProperties } from '../../../../src/system/process/memory-scope.ts';
import { treeMemory } from '../../../../src/system/process/process-memory.ts';
import { childEnvironment, processVariables } from '../../../../src/system/process/processes.ts';
import { runProgram } from '../../../../src/system/process/programs.ts';
import { LINUX, needs } from '../../../needs.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';

const onLinux = needs(LINUX);
/** Holds so much memory, reports that, and stays. */
const holding = (mib: number): readonly string[] => [
  process.execPath,
  '-e',
  `globalThis.held = Buffer.alloc(${mib} * 1024 ** 2, 1); console.log('held'); setInterval(() => {}, 1000);`,
];

/** Programs under a ceiling that the test sets. With made-up sizes its time is made up as well. */
function setup(about: { sizeOf?: () => Promise<number | undefined>; kernelTakes?: boolean } = {}) {
  const fakeClock = new FakeClock();
  const ceiling = { gib: 4 };
  const keepers: unknown[] = [];
  const changes: unknown[] = [];
  const held = createMemoryCeiling({
    limitGib: () => ceiling.gib,
    sizeOf: about.sizeOf ?? treeMemory,
    scopes: {
      put: () => Promise.resolve(about.kernelTakes ?? false),
      change: (_pid, gib) => Promise.resolve(void changes.push(gib)),
    },
    clock: about.sizeOf === undefined ? systemClock : fakeClock,
    onHeld: (by, gib) => void keepers.push([by, gib]),
  });
  const run = held.programs(runProgram);
  const start = async (command: readonly string[]) => {
    const started = Promise.withResolvers<void>();
    const options = { env: childEnvironment(processVariables()), nice: 0, onError: () => {} };
    const program = run(command, { ...options, onOutput: () => started.resolve() });
    await within(10_000, 'the program to start', started.promise);
    return program;
  };
  return { fakeClock, ceiling, keepers, changes, start };
}

onLinux('a program over its memory ceiling is killed, one below runs on', async () => {
  const { ceiling, keepers, start } = setup();
  const small = await start(holding(1));
  const large = await start(holding(700));
  expect(keepers).toEqual([
    ['a watch', 4],
    ['a watch', 4],
  ]);
  ceiling.gib = 0.5; // an edit of the config
  expect(await within(20_000, 'the end', large.ended)).toEqual({ is: 'killed', signal: 'SIGKILL', passedGib: 0.5 });
  small.killGroup('SIGTERM');
  expect(await small.ended).toEqual({ is: 'killed', signal: 'SIGTERM' });
});

onLinux('what a program has started counts as its own', async () => {
  const { ceiling, start } = setup();
  const [bun = '', ...words] = holding(700);
  const parent = await start(['/bin/sh', '-c', `"$@" & wait`, 'sh', bun, ...words]);
  ceiling.gib = 0.5;
  expect(await within(20_000, 'the end', parent.ended)).toMatchObject({ passedGib: 0.5 });
});

onLinux('a kill close to the ceiling that the kernel holds was over it', async () => {
  const sizes = { gib: 3.3 };
  const { start, fakeClock } = setup({ kernelTakes: true, sizeOf: () => Promise.resolve(sizes.gib * GIB) });
  const program = await start(holding(1));
  await fakeClock.advanceAsync(1_000);
  program.killGroup('SIGKILL');
  expect(await program.ended).toMatchObject({ passedGib: 4 });
});

onLinux('a kill far from the ceiling was for something else', async () => {
  const { start, fakeClock } = setup({ kernelTakes: true, sizeOf: () => Promise.resolve(GIB) });
  const program = await start(holding(1));
  await fakeClock.advanceAsync(1_000);
  program.killGroup('SIGKILL');
  expect(await program.ended).toEqual({ is: 'killed', signal: 'SIGKILL' });
});

onLinux('the kernel learns of an edited ceiling, once', async () => {
  const { start, fakeClock, ceiling, changes, keepers } = setup({
    kernelTakes: true,
    sizeOf: () => Promise.resolve(1),
  });
  const program = await start(holding(1));
  await fakeClock.advanceAsync(1_000);
  ceiling.gib = 24;
  await fakeClock.advanceAsync(3_000);
  expect(changes).toEqual([24]);
  expect(keepers).toEqual([['the kernel', 4]]);
  program.killGroup('SIGKILL');
  await program.ended;
});

test('nobody holds a child where memory is not reported', async () => {
  const { start, keepers } = setup({ sizeOf: () => Promise.resolve(undefined) });
  const program = await start(holding(1));
  expect(keepers).toEqual([['nobody', 4]]);
  program.killGroup('SIGKILL');
  await program.ended;
});

test.each([
  [32, '29491M', '32G'],
  [24, '22118M', '24G'],
  [4, '3686M', '4G'],
])('a ceiling of %d GiB slows down at %s and ends at %s', (gib, MemoryHigh, MemoryMax) => {
  expect(memoryProperties(gib)).toEqual({ MemoryHigh, MemoryMax });
});

/** A user's systemd as far as it is spoken to: programs of its names that write down what they were asked. */
async function fakeSystemd() {
  const folder = await tempFolder();
  await mkdir(folder.at('systemd'));
  await writeFile(folder.at('systemd/private'), '');
  for (const name of ['busctl', 'systemctl']) {
    await writeFile(folder.at(name), `#!/bin/sh\nprintf '%s ' ${name} "$@" >> "${folder.at('asked')}"\n`);
    await chmod(folder.at(name), 0o755);
  }
  const env = { PATH: `${folder.path}:/bin:/usr/bin`, XDG_RUNTIME_DIR: folder.path };
  return { folder, env, asked: () => readFile(folder.at('asked'), 'utf8').catch(() => '') };
}
const scopesFor = (env: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') =>
  createMemoryScopes({ ask: createAskProgram(runProgram, systemClock), env, platform });

onLinux('the user’s systemd limits a process by a scope whose ceiling can change', async () => {
  const { folder, env, asked } = await fakeSystemd();
  await using _ = folder;
  const scopes = scopesFor(env);
  expect(await scopes.put(4711, 4)).toBe(true);
  expect(await asked()).toBe(
    'busctl --user --quiet call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager ' +
      'StartTransientUnit ssa(sv)a(sa(sv)) studio-worker-engine-4711.scope fail 4 PIDs au 1 4711 ' +
      'MemoryHigh t 3865051136 MemoryMax t 4294967296 CollectMode s inactive-or-failed 0 ',
  );
  await scopes.change(4711, 24);
  expect(await asked()).toEndWith(
    'systemctl --user set-property --runtime studio-worker-engine-4711.scope MemoryHigh=22118M MemoryMax=24G ',
  );
});

onLinux('a process has no systemd scope where the user’s systemd is missing or refuses', async () => {
  const { folder, env, asked } = await fakeSystemd();
  await using _ = folder;
  expect(await scopesFor({ PATH: env.PATH }).put(1, 4)).toBe(false);
  expect(await scopesFor(env, 'darwin').put(1, 4)).toBe(false);
  expect(await asked()).toBe('');
  await writeFile(folder.at('busctl'), '#!/bin/sh\nexit 1\n');
  expect(await scopesFor(env).put(1, 4)).toBe(false);
});
