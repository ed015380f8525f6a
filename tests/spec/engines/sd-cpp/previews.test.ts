import { expect, test } from 'bun:test';
import { truncate, writeFile } from 'node:fs/promises';
import { previewReader } from '../../../../src/engines/sd-cpp/cli/preview.ts';
import type { TaskDelta } from '../../../../src/engines/result.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { images, paint } from '../../../fakes/engines/onnx-engine.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

/** A run that writes previews, whose steps end when the test says so. */
async function setup() {
  const folder = await tempFolder();
  const path = folder.at('preview.png');
  const clock = new FakeClock();
  const log = recordingLogger();
  const emitted: TaskDelta[] = [];
  let last = Promise.resolve();
  const files = {
    readNamedBytes: (named: string, maxBytes: number) => {
      const read = systemFiles.readNamedBytes(named, maxBytes);
      last = read.then(
        () => {},
        () => {},
      );
      return read;
    },
  };
  const onStep = previewReader(path, (delta) => void emitted.push(delta), { files, clock, log });
  /** One step, and all that comes of it. */
  const step = async (): Promise<number> => {
    onStep();
    await last;
    await Promise.resolve();
    return emitted.length;
  };
  const write = async (side: number): Promise<void> => await writeFile(path, await paint(side, side, () => side));
  return { path, clock, log, emitted, step, write, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a run shows how far its image has come, a second apart', async () => {
  await using at = await setup();
  await at.write(8);
  expect([await at.step(), await at.step()]).toEqual([1, 1]);
  at.clock.advance(1_000);
  await at.write(16);
  expect(await at.step()).toBe(2);
  const [, second] = at.emitted;
  expect(second).toMatchObject({ is: 'preview', ext: 'png' });
  expect(second?.is === 'preview' && (await images.probe(second.bytes)).width).toBe(16);
});

test('an image that is being written is left to the next step', async () => {
  await using at = await setup();
  expect(await at.step()).toBe(0);
  await at.write(8);
  await truncate(at.path, 40);
  expect(await at.step()).toBe(0);
  await at.write(8);
  expect(await at.step()).toBe(1);
});

test('a preview larger than a megabyte is not read', async () => {
  await using at = await setup();
  await writeFile(at.path, new Uint8Array((1 << 20) + 1));
  expect(await at.step()).toBe(0);
  expect(at.log.names()).toEqual(['preview.unreadable']);
});

test('sd-cli is asked for previews, and they reach the followers of the job', async () => {
  await using scene = sdCppScene();
  await scene.install();
  await scene.run();
  expect(scene.asked()[0]?.args).toContain('--preview-path');
  const [preview] = scene.deltas;
  expect(preview?.is === 'preview' && (await images.probe(preview.bytes))).toMatchObject({ width: 8, height: 6 });
  expect(scene.leftovers()).toEqual([]);
});

test('an sd-cli that knows no previews is not asked for them', async () => {
  await using scene = sdCppScene();
  await scene.install('models/bin/sd-cli', 'master-300, commit 1234567');
  await scene.run();
  expect(scene.asked()[0]?.args?.join(' ')).not.toContain('--preview');
  expect(scene.deltas).toEqual([]);
});
