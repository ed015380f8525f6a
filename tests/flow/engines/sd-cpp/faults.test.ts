import { expect, test } from 'bun:test';
import { announcedDevice } from '../../../../src/engines/sd-cpp/program/device.ts';
import { ranOutOfMemory } from '../../../../src/engines/sd-cpp/cli/failures.ts';
import { createProgramOutput } from '../../../../src/engines/sd-cpp/cli/output.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { LEAN, USUAL } from '../../../fakes/engines/loading.ts';

/** What backends of ggml print when an allocation fails, as users of stable-diffusion.cpp reported it. */
const NO_MEMORY = [
  'ggml_vulkan: Device memory allocation of size 5365186568 failed.',
  'ggml_vulkan: Requested buffer size exceeds device memory allocation limit: ErrorOutOfDeviceMemory',
  'ggml_gallocr_reserve_n: failed to allocate Vulkan0 buffer of size 5365186568',
  '[ERROR] ggml_extend.hpp:1412 - lora: failed to allocate the compute buffer',
  'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 1234.00 MiB on device 0: cudaMalloc failed: out of memory',
  'CUDA error: out of memory',
  "terminate called after throwing an instance of 'std::bad_alloc'",
];

test('the words of every backend for "no memory left" are understood', () => {
  for (const line of NO_MEMORY) {
    const printed = createProgramOutput();
    printed.addError(`${line}\nAborted\n`);
    expect({ line, noMemory: ranOutOfMemory(printed) }).toEqual({ line, noMemory: true });
  }
  const harmless = createProgramOutput();
  harmless.addError('[WARN ] stable-diffusion.cpp:1 - total params memory size = 1562.22MB (VRAM 1562.22MB)\n');
  expect(ranOutOfMemory(harmless)).toBe(false);
});

test.each(['sd-cli', 'sd-server'] as const)(
  'a crash of %s is reported as one and counts against its model',
  async (program) => {
    await using scene = sdCppScene();
    await (program === 'sd-cli' ? scene.install() : scene.installBoth());
    for (let crash = 1; crash <= 3; crash++) {
      expect(scene.quarantine.remainingMs('sd-cpp', scene.files.model)).toBe(0);
      expect(await failureOf(scene.run({ prompt: 'it dies' }))).toMatchObject({
        code: 'engine.crashed',
        retryable: true,
        message: `${program} exited with None (killed by SIGSEGV): (no stderr)`,
        fields: { signal: 'SIGSEGV' },
      });
    }
    expect(scene.quarantine.remainingMs('sd-cpp', scene.files.model)).toBeGreaterThan(0);
    expect(scene.log.names()).toContain('engine.quarantined');
    expect(scene.leftovers()).toEqual([]);
  },
);

test.each(['sd-cli', 'sd-server'] as const)('a kill of %s by the system is a lack of memory', async (program) => {
  await using scene = sdCppScene();
  await (program === 'sd-cli' ? scene.install() : scene.installBoth());
  expect(await failureOf(scene.run({ prompt: 'it is killed' }))).toMatchObject({
    code: 'engine.out-of-memory',
    message: `${program} exited with None (killed by SIGKILL): (no stderr)`,
  });
});

test('images too large for memory do not quarantine their model', async () => {
  await using scene = sdCppScene();
  await scene.install();
  for (let failure = 1; failure <= 3; failure++) {
    expect(await failureOf(scene.run({ prompt: 'out of memory' }))).toMatchObject({ code: 'engine.out-of-memory' });
  }
  expect(scene.quarantine.remainingMs('sd-cpp', scene.files.model)).toBe(0);
});

test('a failed allocation is an out-of-memory failure with the program’s words', async () => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await failureOf(scene.run({ prompt: 'out of memory' }))).toMatchObject({
    code: 'engine.out-of-memory',
    retryable: true,
    message: 'sd-cli exited with Some(1): [ERROR] main.cpp:1 - generate failed',
  });
});

test('running out of memory quarantines no model, being killed by the system does', async () => {
  await using scene = sdCppScene();
  await scene.install();
  const runThrice = async (prompt: string): Promise<number> => {
    for (let run = 1; run <= 3; run++) {
      expect(await failureOf(scene.run({ prompt }))).toMatchObject({ code: 'engine.out-of-memory' });
    }
    return scene.quarantine.remainingMs('sd-cpp', scene.files.model);
  };
  expect(await runThrice('out of memory')).toBe(0);
  expect(await runThrice('it is killed')).toBeGreaterThan(0);
});

test('a server that repeatedly lacks memory for its model does not quarantine it', async () => {
  await using scene = sdCppScene({ file: 'memory.gguf' });
  await scene.installBoth();
  for (let load = 1; load <= 3; load++) {
    expect(await failureOf(scene.engine.load(scene.files, scene.abort.signal, USUAL))).toMatchObject({
      code: 'engine.out-of-memory',
    });
  }
  expect(scene.quarantine.remainingMs('sd-cpp', scene.files.model)).toBe(0);
});

test.each([
  ['dies', 'engine.crashed'],
  ['memory', 'engine.out-of-memory'],
])('a server that %s while it loads fails the load', async (fault, code) => {
  await using scene = sdCppScene({ file: `${fault}.gguf` });
  await scene.installBoth();
  expect(await failureOf(scene.engine.load(scene.files, scene.abort.signal, USUAL))).toMatchObject({ code });
});

test('a server that ran out of memory gives back what it got', async () => {
  await using scene = sdCppScene();
  await scene.installBoth();
  await using model = await scene.engine.load(scene.files, scene.abort.signal, USUAL);
  expect(await failureOf(scene.runOn(model, { prompt: 'out of memory' }))).toMatchObject({
    code: 'engine.out-of-memory',
    message: 'sd-server: generate_image returned no results',
  });
  expect(model.process).toBeUndefined();
  expect((await scene.runOn(model)).is).toBe('artifact');
});

test('a sampler that the server has not is refused, because it would take another', async () => {
  await using scene = sdCppScene();
  await scene.installBoth();
  await using model = await scene.engine.load(scene.files, scene.abort.signal, USUAL);
  const failure = await failureOf(scene.runOn(model, { samplingMethod: 'warp' }));
  expect(failure).toMatchObject({ code: 'task.sampler-unknown', retryable: false });
  expect(model.process).toBeDefined();
});

test('a job that the server finds invalid fails for good', async () => {
  await using scene = sdCppScene();
  await scene.installBoth();
  expect(await failureOf(scene.run({ prompt: 'refused' }))).toMatchObject({
    code: 'task.invalid',
    message: 'sd-server answered 400: invalid generation parameters',
  });
});

test('a model without a file to paint with is refused before anything starts', async () => {
  await using scene = sdCppScene();
  await scene.installBoth();
  const loading = scene.engine.load({ ...scene.files, paths: new Map([['vae', '/vae']]) }, scene.abort.signal, USUAL);
  expect(await failureOf(loading)).toMatchObject({ code: 'model.role-missing', retryable: false });
  expect(scene.programs).toEqual([]);
});

test('a task that is neither image nor video is rejected by its kind', async () => {
  await using scene = sdCppScene();
  await scene.install();
  for (const about of [{ kind: 'llm', messages: [] }, { kind: 'video' }]) {
    expect(await failureOf(scene.run(about))).toMatchObject({ code: 'task.unsupported', retryable: false });
  }
});

test('a lean load keeps the weights in main memory and decodes in tiles', async () => {
  await using scene = sdCppScene();
  await scene.install();
  await using byCli = await scene.engine.load(scene.files, scene.abort.signal, LEAN);
  await scene.runOn(byCli);
  const lean = ['--offload-to-cpu', '--diffusion-fa', '--vae-tiling'];
  expect(scene.asked().at(-1)?.args).toEqual(expect.arrayContaining(lean));
  await scene.installBoth();
  await using byServer = await scene.engine.load(scene.files, scene.abort.signal, LEAN);
  expect(scene.asked().at(-1)?.args).toContain('--offload-to-cpu');
  await scene.runOn(byServer);
  expect(scene.asked().at(-1)?.request).toMatchObject({ vae_tiling_params: { enabled: true } });
});

test('a model that is offloaded anyway is reported only once', async () => {
  await using scene = sdCppScene({ defaults: { offloadToCpu: true } });
  await scene.install();
  await using model = await scene.engine.load(scene.files, scene.abort.signal, LEAN);
  await scene.runOn(model);
  expect(
    scene
      .asked()
      .at(-1)
      ?.args?.filter((word) => word === '--offload-to-cpu'),
  ).toHaveLength(1);
});

test('what a program computes on is known by what it says it found', () => {
  expect(announcedDevice('ggml_vulkan: Found 1 Vulkan devices:\n')).toBe('vulkan');
  expect(announcedDevice('[INFO ] ggml_extend.hpp:63   - ggml_cuda_init: found 2 CUDA devices:')).toBe('cuda');
  expect(announcedDevice('ggml_cuda_init: found 1 ROCm devices:')).toBe('rocm');
  expect(announcedDevice('ggml_metal_init: found device: Apple M2')).toBe('metal');
  expect(announcedDevice('ggml_vulkan: Found 0 Vulkan devices:')).toBeUndefined();
  expect(announcedDevice('Using CPU backend')).toBeUndefined();
});
