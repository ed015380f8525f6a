import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { aTask, synthetic } from '../fakes/builders.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { fileServer } from '../fakes/models/file-server.ts';
import { goneSoon, isGone } from '../fakes/system/gone.ts';
import { images } from '../fakes/engines/onnx-engine.ts';
import { installSdCli, installSdServer } from '../fakes/engines/sd-cpp/sd-cli-program.ts';
import { PATIENCE_MS, waitFor } from '../flow/wait-for.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';
import { serving } from './worker.ts';
import { LINUX, needs } from '../needs.ts';
import { callsIn } from '../fakes/engines/sd-cpp/program-calls.ts';

setDefaultTimeout(2 * PATIENCE_MS);
beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

const TASK = { kind: 'image', prompt: 'a golem', width: 96, height: 64, steps: 3, ext: 'png' } as const;
/** A GGUF file without tensors: magic, version 3, and two counts of zero. */
const gguf = Uint8Array.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...Array.from({ length: 16 }, () => 0)]);

/** The executable alone, with stand-ins for the programs of stable-diffusion.cpp, serving a studio. */
async function aScene(programs: { readonly withServer: boolean }) {
  const stack = new AsyncDisposableStack();
  const program = stack.use(await alone(await builtBinary()));
  const sdCli = await installSdCli(join(program.home, 'sd', 'sd-cli'));
  if (programs.withServer) await installSdServer(join(program.home, 'sd', 'sd-server'));
  const server = stack.use(fileServer({ 'golem.gguf': gguf }));
  const studio = stack.use(await fakeStudio({ patienceMs: PATIENCE_MS }));
  const env = { ...program.env, STUDIO_WORKER_SD_CLI: sdCli };
  const worker = stack.use(await serving({ ...program, env }, studio));
  const files = [{ role: 'diffusion-model', url: server.url('golem.gguf'), filename: 'golem.gguf' }];
  const create = async (about: object = {}): Promise<string> => {
    const source = { ...synthetic, engine: 'sd-cpp', files };
    return (await studio.createJob(aTask({ ...TASK, ...about }), { model: 'golem', modelSource: source })).id;
  };
  const asked = () => callsIn(join(program.home, 'models', 'golem'));
  return { studio, create, asked, worker, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test.each(['sd-cli', 'sd-server'] as const)('the executable alone serves an image by way of %s', async (name) => {
  await using place = await aScene({ withServer: name === 'sd-server' });
  const id = await place.create();
  await place.studio.jobIs(id, 'completed');
  const answer = await place.studio.operator('GET', `/jobs/${id}/artifact`);
  expect(await images.decode(new Uint8Array(await answer.arrayBuffer()))).toMatchObject({ width: 96, height: 64 });
  expect(new Set(place.asked().map(({ program }) => program))).toEqual(new Set([name]));
});

for (const name of ['sd-cli', 'sd-server'] as const) {
  needs(LINUX)(`no ${name} outlives the executable that was killed in the middle of a job`, async () => {
    await using place = await aScene({ withServer: name === 'sd-server' });
    await place.create({ prompt: 'hangs' });
    await waitFor(
      `${name} to paint`,
      () => place.asked().length > (name === 'sd-server' ? 1 : 0),
      () => JSON.stringify(place.asked()),
    );
    const pid = place.asked()[0]?.pid ?? 0;
    expect(isGone(pid)).toBe(false);
    process.kill(place.worker.pid, 'SIGKILL');
    await goneSoon(pid);
  });
}
