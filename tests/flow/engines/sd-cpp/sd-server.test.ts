import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { serverBeside } from '../../../../src/engines/sd-cpp/program/environment.ts';
import { STALL_MS } from '../../../../src/engines/sd-cpp/cli/run-sd-cli.ts';
import { goneSoon, isGone } from '../../../fakes/system/gone.ts';
import { images, paint } from '../../../fakes/engines/onnx-engine.ts';
import { type SdCppChoice, sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { SkippingClock } from '../../../fakes/system/skipping-clock.ts';
import { waitFor } from '../../wait-for.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const INIT = 'https://studio.example/latest.webp';
const BUDGET_MS = 10_000;

/** Both programs, and a model in the memory of the server where there is one. */
async function setup(choice: SdCppChoice = {}) {
  const stack = new AsyncDisposableStack();
  const scene = stack.use(sdCppScene(choice));
  await scene.installBoth();
  const model = stack.use(await scene.engine.load(scene.files, scene.abort.signal, USUAL));
  return { scene, model, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('a loaded model stays in one server, which generates one image after the other', async () => {
  await using place = await setup();
  const { scene, model } = place;
  const steps: string[] = [];
  for (let job = 0; job < 2; job++) {
    const result = await scene.runOn(model, { seed: 7 }, (done, total) => steps.push(`${done}/${total}`));
    if (result.is !== 'artifact') throw new Error('expected an image');
    expect(result.ext).toBe('png');
    expect(await images.decode(result.bytes)).toMatchObject({ width: 64, height: 48 });
  }
  expect(steps).toEqual(['1/3', '2/3', '3/3', '1/3', '2/3', '3/3']);
  expect(model.ranOn).toBe('vulkan');
  const asked = scene.asked();
  expect(new Set(asked.map(({ program, pid }) => `${program} ${pid}`)).size).toBe(1);
  expect(asked.at(-1)?.request).toEqual({
    prompt: 'a golem',
    width: 64,
    height: 48,
    seed: 7,
    sample_params: { sample_steps: 3, guidance: { txt_cfg: 1 } },
    output_format: 'png',
  });
});

test('the server learns how to load the model, and serves this machine only', async () => {
  await using place = await setup({ defaults: { offloadToCpu: true, maxVramGib: 6.5, zeroCondT: true } });
  const [start] = place.scene.asked();
  const port = start?.args?.[3] ?? '';
  expect(port).toMatch(/^\d+$/);
  expect(start?.args?.join(' ')).toBe(
    `--listen-ip 127.0.0.1 --listen-port ${port} --diffusion-model ${place.scene.at('model.gguf')} ` +
      '--model-args qwen_image_zero_cond_t=true --offload-to-cpu --max-vram 6.5 --diffusion-fa',
  );
});

test('LoRA files go to the server with each job, and never in its prompt', async () => {
  await using place = await setup({ loras: ['a.safetensors', 'b.bin', 'c.gguf'], defaults: { loraWeight: 0.65 } });
  const { scene, model } = place;
  await scene.runOn(model);
  const [start, job] = scene.asked();
  expect(start?.args?.join(' ')).toContain(` --lora-model-dir ${scene.at('model.gguf').replace(/.model\.gguf$/, '')} `);
  expect(job?.request).toMatchObject({
    prompt: 'a golem',
    lora: [
      { path: 'a.safetensors', multiplier: 0.65 },
      { path: 'c.gguf', multiplier: 0.65 },
    ],
  });
});

test('a LoRA that the server does not list is left to sd-cli', async () => {
  await using place = await setup({ loras: ['a.ckpt'] });
  const { scene, model } = place;
  await scene.runOn(model);
  const call = scene.asked().at(-1);
  expect(call?.program).toBe('sd-cli');
  expect(call?.args?.[call.args.indexOf('-p') + 1]).toBe('a golem <lora:a:1>');
  expect(scene.log.find('sd-server.passed-over')?.fields).toEqual({ because: 'it does not list the LoRA a.ckpt' });
});

test('a loaded model names its process, which is gone once it is unloaded', async () => {
  await using place = await setup();
  const pid = place.model.process?.pid ?? 0;
  expect(isGone(pid)).toBe(false);
  await place.model[Symbol.asyncDispose]();
  expect(isGone(pid)).toBe(true);
  expect(place.model.process).toBeUndefined();
  expect(await failureOf(place.scene.runOn(place.model))).toMatchObject({ code: 'internal' });
});

test('the server has a process group of its own and stands back', async () => {
  await using place = await setup();
  const stat = readFileSync(`/proc/${place.model.process?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  expect(stat[2]).toBe(String(place.model.process?.pid));
  expect(stat[16]).toBe('1');
});

test('a cancelled image ends the server, and the next one gets another', async () => {
  for (const prompt of ['hangs', 'hangs and is deaf']) {
    await using place = await setup();
    const { scene, model } = place;
    const pid = model.process?.pid ?? 0;
    const sampling = Promise.withResolvers<void>();
    const abort = new AbortController();
    const failure = failureOf(scene.runOn(model, { prompt }, () => sampling.resolve(), abort.signal));
    await within(BUDGET_MS, 'a step', sampling.promise);
    abort.abort(new Error('enough'));
    expect(await within(BUDGET_MS, 'the end', failure)).toEqual(new Error('enough'));
    expect(isGone(pid)).toBe(true);
    expect((await scene.runOn(model)).is).toBe('artifact');
    expect(model.process?.pid).not.toBe(pid);
    expect(scene.quarantine.remainingMs('sd-cpp', scene.files.model)).toBe(0);
  }
});

test('a server that can stop an image keeps its model when that is cancelled', async () => {
  await using place = await setup({ file: 'stops.gguf' });
  const { scene, model } = place;
  const pid = model.process?.pid ?? 0;
  const sampling = Promise.withResolvers<void>();
  const abort = new AbortController();
  const failure = failureOf(scene.runOn(model, { prompt: 'hangs' }, () => sampling.resolve(), abort.signal));
  await within(BUDGET_MS, 'a step', sampling.promise);
  abort.abort(new Error('enough'));
  expect(await within(BUDGET_MS, 'the end', failure)).toEqual(new Error('enough'));
  expect(isGone(pid)).toBe(false);
  expect((await scene.runOn(model)).is).toBe('artifact');
  expect(model.process?.pid).toBe(pid);
});

test('a cancelled load ends the server that it started', async () => {
  await using scene = sdCppScene({ file: 'hangs.gguf' });
  await scene.installBoth();
  const loading = failureOf(scene.engine.load(scene.files, scene.abort.signal, USUAL));
  while (scene.programs.length === 0) await new Promise((resolve) => setImmediate(resolve));
  scene.abort.abort(new Error('enough'));
  expect(await within(BUDGET_MS, 'the end', loading)).toEqual(new Error('enough'));
  await goneSoon(scene.programs[0]?.pid ?? 0);
});

test('a server that died between two images is replaced and counted', async () => {
  await using place = await setup();
  const { scene, model } = place;
  const held = model.process;
  process.kill(held?.pid ?? 0, 'SIGSEGV');
  await held?.ended;
  expect((await scene.runOn(model)).is).toBe('artifact');
  expect(scene.log.names()).toContain('engine.crashed');
});

test('a server being started for a disposed model is killed with it', async () => {
  await using place = await setup();
  const { scene, model } = place;
  scene.programs[0]?.killGroup('SIGKILL');
  await scene.programs[0]?.ended;
  const run = failureOf(scene.runOn(model));
  await waitFor(
    'another server',
    () => scene.programs.length > 1,
    () => `${scene.programs.length} programs`,
  );
  await model[Symbol.asyncDispose]();
  expect(await run).toMatchObject({ code: 'internal' });
  expect(scene.programs.map(({ pid }) => isGone(pid))).toEqual([true, true]);
});

test('an image that makes no progress is ended after a long while', async () => {
  const clock = new SkippingClock();
  await using place = await setup({ clock });
  const sampling = Promise.withResolvers<void>();
  const running = place.scene.runOn(place.model, { prompt: 'hangs' }, (done) => done === 3 && sampling.resolve());
  const failure = failureOf(running);
  await within(BUDGET_MS, 'the last step', sampling.promise);
  clock.skip(STALL_MS);
  expect(await within(BUDGET_MS, 'the end', failure)).toMatchObject({ code: 'engine.stalled' });
});

test('a server may be idle for as long as nobody wants an image', async () => {
  const clock = new SkippingClock();
  await using place = await setup({ clock });
  const held = place.model.process?.pid;
  clock.skip(2 * STALL_MS);
  expect((await place.scene.runOn(place.model)).is).toBe('artifact');
  expect(place.model.process?.pid).toBe(held);
});

test.each([
  ['old.gguf', 'it has no job API'],
  ['strange.gguf', 'it does not know all arguments'],
  ['alien.gguf', 'it does not generate images with this model'],
])('a server that cannot be used for %s is left alone, and sd-cli generates', async (file, because) => {
  await using place = await setup({ file });
  const { scene, model } = place;
  expect(model.process).toBeUndefined();
  expect((await scene.runOn(model)).is).toBe('artifact');
  expect((await scene.runOn(model)).is).toBe('artifact');
  expect(scene.asked().map(({ program }) => program)).toEqual(['sd-server', 'sd-cli', 'sd-cli']);
  const logged = scene.log.events.filter(({ event }) => event.startsWith('sd-server.'));
  expect(logged).toMatchObject([{ event: 'sd-server.not-used', level: 'info', fields: { because } }]);
});

test('a build without a server paints with sd-cli and says nothing about it', async () => {
  await using scene = sdCppScene();
  await scene.install();
  await using model = await scene.engine.load(scene.files, scene.abort.signal, USUAL);
  expect(model.process).toBeUndefined();
  expect((await scene.runOn(model)).is).toBe('artifact');
  expect(model.ranOn).toBe('vulkan');
  expect(scene.log.names()).toEqual(['sd-cli.other-release']);
});

test.each([
  [{ ext: 'bmp', height: 64 }, 'it writes no bmp', 'model.gguf'],
  [{ refImageUrl: INIT }, 'it takes no ref_images', 'plain.gguf'],
  [{ steps: 101 }, 'it takes no more than 100 steps', 'model.gguf'],
  [{ seed: 2n ** 60n }, 'the seed has more digits than JSON keeps', 'model.gguf'],
])('sd-cli does what the server cannot, with free memory for it: %p', async (about, because, file) => {
  const image = await paint(64, 48, (x, y) => [x, y, 9]);
  await using place = await setup({ file, fetchInput: () => Promise.resolve(image) });
  const { scene, model } = place;
  const held = model.process?.pid ?? 0;
  // The stand-in writes images by a library that knows no BMP: whether sd-cli was asked is what counts.
  await scene.runOn(model, about).catch(() => undefined);
  expect(scene.asked().map(({ program }) => program)).toEqual(['sd-server', 'sd-cli']);
  expect(scene.log.find('sd-server.passed-over')?.fields).toEqual({ because });
  expect(isGone(held)).toBe(true);
  expect((await scene.runOn(model)).is).toBe('artifact');
  expect(scene.asked().at(-1)?.program).toBe('sd-server');
});

test('images of a task travel to the server as they are', async () => {
  const init = await paint(64, 48, (x, y) => [x, y, 9], 'jpeg');
  const mask = await paint(64, 48, () => 255);
  await using place = await setup({ fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask) });
  await place.scene.runOn(place.model, { initImageUrl: INIT, maskUrl: `${INIT}?mask`, denoise: 0.55, height: 64 });
  const { request, initBytes } = place.scene.asked().at(-1) ?? {};
  expect(request).toMatchObject({ strength: 0.55, mask_image: Buffer.from(mask).toString('base64') });
  expect(initBytes).toBe(init.toBase64().length);
  expect(place.scene.leftovers()).toEqual([]);
});

test('a port that somebody took meanwhile is exchanged for another', async () => {
  using taken = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('', { status: 503 }) });
  const free = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
  const port = free.port ?? 0;
  await free.stop(true);
  const ports = [taken.port ?? 0, port];
  await using scene = sdCppScene({ freePort: () => Promise.resolve(ports.shift() ?? 0) });
  await scene.installBoth();
  await using model = await scene.engine.load(scene.files, scene.abort.signal, USUAL);
  expect(scene.programs).toHaveLength(2);
  expect((await scene.runOn(model)).is).toBe('artifact');
});

test('on Windows the server is found beside a program by either separator', async () => {
  const asked: string[] = [];
  const files = { stat: (path: string) => Promise.resolve(void asked.push(path)) };
  const options = { files, environment: { platform: 'win32' as const }, childEnv: {} };
  for (const path of ['C:\\sd\\sd-cli.exe', 'C:/sd/sd-cli.exe', 'sd-cli.exe']) await serverBeside(path, options);
  expect(asked).toEqual(['C:\\sd/sd-server.exe', 'C:/sd/sd-server.exe', './sd-server.exe']);
});
