import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { isGone } from '../../fakes/system/gone.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../needs.ts';
import type { ChildWorker } from '../child.ts';
import { createGate, type Scene, setupStudio } from '../harness.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';

/*
 * A stop in the middle of what takes long, in a process of its own: `exited` rejects where the process had to be ended
 * because something was left open.
 */

setDefaultTimeout(TEST_MS);

type Stage = Omit<Scene, 'worker'>;

const gguf = Uint8Array.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...Array.from({ length: 16 }, () => 0)]);

/** A server that says when it was asked, and answers with this. */
function server(answer: () => Response | Promise<Response>) {
  const asked = Promise.withResolvers<void>();
  const it = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch() {
      asked.resolve();
      return answer();
    },
  });
  return { url: it.url.href, asked: asked.promise, [Symbol.asyncDispose]: () => it.stop(true) };
}

const hang = (): Promise<Response> => new Promise(() => {});

/** Bytes that begin to arrive, and stand still in the middle. */
const standingStill = (): Response =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(gguf),
    }),
    { headers: { 'content-length': '1000' } },
  );

const imageJob = (scene: Stage, url: string) =>
  scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox', width: 64, height: 64, steps: 1, ext: 'png' }), {
    model: 'golem',
    modelSource: {
      ...synthetic,
      engine: 'sd-cpp',
      files: [{ role: 'diffusion-model', url, filename: 'golem.gguf' }],
    },
  });

/** The first signal lets a job finish, the second hands it back. */
async function stopTwice(child: ChildWorker): Promise<number> {
  child.kill('SIGTERM');
  await child.logged('stop.requested');
  child.kill('SIGTERM');
  return await child.exited;
}

/** Programs of stable-diffusion.cpp of which the server starts and is never ready. */
async function neverReady(folder: { at(name: string): string }) {
  const [cli, sdServer, started] = [folder.at('sd-cli'), folder.at('sd-server'), folder.at('started')];
  await writeFile(cli, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await writeFile(sdServer, `#!/bin/sh\necho $$ > ${started}\nexec sleep 1000\n`, { mode: 0o755 });
  return { variables: { STUDIO_WORKER_SD_CLI: cli }, started };
}

test('a stop while the studio does not answer a registration ends by itself', async () => {
  await using studio = server(hang);
  await using scene = await setupStudio();
  const child = await scene.spawnWorker({ credentials: undefined, config: { api_base_url: studio.url } });
  await studio.asked;
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});

needs(POSIX)('a stop during a download returns the job and ends by itself', async () => {
  await using folder = await tempFolder();
  const { variables } = await neverReady(folder);
  await using files = server(standingStill);
  await using scene = await setupStudio();
  const child = await scene.spawnWorker({ variables });
  await child.logged('session.welcomed');
  const { id } = await imageJob(scene, `${files.url}golem.gguf`);
  await files.asked;
  expect(await stopTwice(child)).toBe(0);
  expect(await scene.studio.jobIs(id, 'queued')).toMatchObject({ attempts: 1 });
});

needs(POSIX)('a stop while a model loads ends its program, and then by itself', async () => {
  await using folder = await tempFolder();
  const { variables, started } = await neverReady(folder);
  await using files = server(() => new Response(gguf));
  await using scene = await setupStudio();
  const child = await scene.spawnWorker({ variables });
  await child.logged('session.welcomed');
  const { id } = await imageJob(scene, `${files.url}golem.gguf`);
  await waitFor('a program that loads', () => existsSync(started), child.stderr);
  expect(await stopTwice(child)).toBe(0);
  expect(await scene.studio.jobIs(id, 'queued')).toMatchObject({ attempts: 1 });
  expect(isGone(Number(await readFile(started, 'utf8')))).toBe(true);
});

test('a stop during an upload keeps the result and ends by itself', async () => {
  await using scene = await setupStudio();
  const gate = createGate();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  scene.studio.mischief.freeze = gate;
  await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox', width: 64, height: 64, ext: 'png' }));
  await gate.reached;
  expect(await stopTwice(child)).toBe(0);
  expect(child.events.map(({ event }) => event)).toContain('result.kept');
  gate.open();
});
