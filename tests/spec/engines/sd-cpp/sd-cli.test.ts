import { expect, test } from 'bun:test';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { STALL_MS } from '../../../../src/engines/sd-cpp/cli/run-sd-cli.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { images, paint } from '../../../fakes/engines/onnx-engine.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';
import { READY } from '../../../../src/engines/readiness.ts';

const INIT = 'https://studio.example/latest.webp';
const MASK = 'https://studio.example/mask';
const BUDGET_MS = 10_000;

test('an image is generated in the size and format that were asked for', async () => {
  await using scene = sdCppScene();
  await scene.install();
  const steps: string[] = [];
  const result = await scene.run({}, (done, total) => steps.push(`${done}/${total}`));
  if (result.is !== 'artifact') throw new Error('expected an image');
  expect(result.ext).toBe('png');
  expect(await images.decode(result.bytes)).toMatchObject({ width: 64, height: 48 });
  expect(steps).toEqual(['1/3', '2/3', '3/3']);
  expect(scene.leftovers()).toEqual([]);
});

test('images of the task reach the program under the names of their content', async () => {
  const init = await paint(8, 8, () => [255, 0, 0], 'jpeg');
  const mask = await paint(8, 8, () => 255);
  await using scene = sdCppScene({ fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask) });
  await scene.install();
  await scene.run({ initImageUrl: INIT, maskUrl: MASK, height: 64 });
  const { args = [] } = scene.asked()[0] ?? {};
  expect(args[args.indexOf('--init-img') + 1]).toEndWith('/init.jpg');
  expect(args[args.indexOf('--mask') + 1]).toEndWith('/mask.png');
});

test('an image that cannot be fetched fails the job before anything runs', async () => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await failureOf(scene.run({ initImageUrl: INIT }))).toHaveProperty('message', `no init image at ${INIT}`);
  expect(scene.programs).toEqual([]);
  expect(scene.leftovers()).toEqual([]);
});

test('the libraries beside the program are found, and no token reaches it', async () => {
  await using scene = sdCppScene({ childEnv: { LD_LIBRARY_PATH: '/opt/lib' } });
  await scene.install();
  writeFileSync(scene.at('models/bin/libstable-diffusion.so'), '');
  await scene.run();
  expect(scene.asked()[0]?.environment).toEqual({ libraries: `${scene.at('models/bin')}:/opt/lib` });
});

test('an exit with an error carries the last line the program said', async () => {
  await using scene = sdCppScene();
  await scene.install();
  const model = scene.files.paths.get('diffusion-model') ?? '';
  rmSync(model);
  expect(await failureOf(scene.run())).toMatchObject({
    code: 'engine.failed',
    message: `sd-cli exited with Some(1): [ERROR] main.cpp:1 - load model from file failed: '${model}'`,
  });
  expect(scene.leftovers()).toEqual([]);
});

test('a sampler nobody knows has a code of its own and no second try', async () => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await failureOf(scene.run({ samplingMethod: 'warp' }))).toMatchObject({
    code: 'task.sampler-unknown',
    retryable: false,
  });
});

test('an end without an image is a failure', async () => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await failureOf(scene.run({ prompt: 'nothing' }))).toMatchObject({ code: 'engine.failed' });
});

test('a prompt that no command line can carry is rejected for good', async () => {
  await using scene = sdCppScene();
  await scene.install();
  for (const prompt of ['x'.repeat(200_000), 'a\0b']) {
    expect(await failureOf(scene.run({ prompt }))).toMatchObject({ code: 'task.invalid', retryable: false });
  }
  expect(scene.leftovers()).toEqual([]);
});

test('a cancelled job ends the program, also one that ignores the signal', async () => {
  for (const prompt of ['hangs', 'hangs and is deaf']) {
    await using scene = sdCppScene();
    await scene.install();
    const sampling = Promise.withResolvers<void>();
    const failure = failureOf(scene.run({ prompt }, () => sampling.resolve()));
    await within(BUDGET_MS, 'a step', sampling.promise);
    scene.abort.abort(new Error('enough'));
    const thrown = await within(BUDGET_MS, 'the end', failure);
    expect(thrown).toEqual(new Error('enough'));
    const [program] = scene.programs;
    expect(await within(BUDGET_MS, 'the program', program?.ended ?? Promise.reject())).toMatchObject({ is: 'killed' });
    expect(scene.leftovers()).toEqual([]);
  }
});

test('a program without progress is ended after a long while', async () => {
  const clock = new FakeClock();
  await using scene = sdCppScene({ clock });
  await scene.install();
  const sampling = Promise.withResolvers<void>();
  const failure = failureOf(scene.run({ prompt: 'hangs' }, (done) => done === 3 && sampling.resolve()));
  await within(BUDGET_MS, 'the last step', sampling.promise);
  clock.advance(STALL_MS - 1);
  expect(scene.leftovers()).toHaveLength(1);
  clock.advance(1);
  expect(await within(BUDGET_MS, 'the end', failure)).toMatchObject({ code: 'engine.stalled' });
});

test('without the program the engine says what to put where', async () => {
  await using scene = sdCppScene();
  expect(await scene.engine.readiness()).toEqual({
    ready: false,
    where: undefined,
    configured: true,
    because:
      'sd-cli is not installed: this release has no checksum for sd-master-2f88688-bin-Linux-Ubuntu-24.04-x86_64-vulkan.zip, so it is not fetched',
    hint: expect.stringContaining(`${scene.at('models')}/bin/sd-cli`),
  });
  expect(await failureOf(scene.run())).toMatchObject({ code: 'engine.unavailable' });
});

test('without a Vulkan loader the engine says which, and how to get it', async () => {
  for (const [platform, library] of [
    ['linux', 'libvulkan.so.1'],
    ['win32', 'vulkan-1.dll'],
  ] as const) {
    await using scene = sdCppScene({ platform, hasLibrary: () => Promise.resolve(false) });
    await scene.install(platform === 'win32' ? 'models/bin/sd-cli.exe' : 'models/bin/sd-cli');
    expect(await scene.engine.readiness()).toMatchObject({
      ready: false,
      because: `Vulkan runtime not available: the loader \`${library}\` could not be loaded, so stable-diffusion.cpp cannot run on the GPU.`,
    });
    expect(await failureOf(scene.run())).toMatchObject({ code: 'native.unavailable', retryable: true });
  }
});

test('a Mac needs no Vulkan, and neither does a program that the operator named', async () => {
  const without = { hasLibrary: () => Promise.resolve(false) };
  await using mac = sdCppScene({ ...without, platform: 'darwin' });
  await mac.install();
  expect(await mac.engine.readiness()).toEqual(READY);
  await using named = sdCppScene({ ...without, variables: { STUDIO_WORKER_SD_CLI: import.meta.path } });
  expect(await named.engine.readiness()).toEqual(READY);
});

test('a variable that names no program is said once and the search goes on', async () => {
  for (const value of ['', ' ', '/no/such/file']) {
    await using scene = sdCppScene({ variables: { STUDIO_WORKER_SD_CLI: value } });
    await scene.install();
    expect(await scene.engine.readiness()).toEqual(READY);
    expect(await scene.engine.readiness()).toEqual(READY);
    expect(scene.log.events.map(({ event }) => event)).toEqual(['program.variable-ignored']);
  }
});

test('of the installed programs the pinned release comes first', async () => {
  await using both = sdCppScene();
  await both.install('home/.local/bin/sd-cli', 'version, commit 2d40a8b');
  await using scene = sdCppScene({ variables: { PATH: both.at('path') } });
  await scene.install('home/.local/bin/sd-cli', 'version, commit 2d40a8b');
  await both.install('path/sd-cli');
  expect(await scene.engine.readiness()).toEqual(READY);
  expect(scene.log.events).toEqual([]);
});

test('a program of another release is used with a warning if none is better', async () => {
  await using scene = sdCppScene();
  await scene.install('home/.local/bin/sd-cli', 'version, commit 2d40a8b');
  expect((await scene.run()).is).toBe('artifact');
  expect(scene.log.events).toMatchObject([{ event: 'sd-cli.other-release', level: 'warn' }]);
});

test('a program that cannot run is skipped for the next on the PATH', async () => {
  await using folders = sdCppScene();
  await using scene = sdCppScene({ variables: { PATH: `${folders.at('a')}:${folders.at('b')}` } });
  mkdirSync(folders.at('a'));
  writeFileSync(folders.at('a/sd-cli'), 'no program', { mode: 0o755 });
  await folders.install('b/sd-cli');
  expect((await scene.run()).is).toBe('artifact');
  expect(scene.log.events).toMatchObject([{ event: 'program.passed-over', level: 'debug' }]);
});

test('the release of a program whose libraries are beside it is known', async () => {
  await using folders = sdCppScene();
  await using scene = sdCppScene({ variables: { PATH: folders.at('bin') } });
  await folders.install('bin/sd-cli.real');
  const script = `#!/bin/sh\n[ "$LD_LIBRARY_PATH" ] && exec "$0.real" "$@"\necho "cannot open shared object" >&2; exit 127\n`;
  writeFileSync(folders.at('bin/sd-cli'), script, { mode: 0o755 });
  writeFileSync(folders.at('bin/libstable-diffusion.so'), '');
  expect((await scene.run()).is).toBe('artifact');
  expect(scene.log.events).toEqual([]);
});
