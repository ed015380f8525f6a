import { expect, test } from 'bun:test';
import { paint } from '../../../fakes/engines/onnx-engine.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const [INIT, MASK] = ['https://studio.example/init', 'https://studio.example/mask'];

/** What becomes of a job with a mask of this size on an image of 64 x 48 pixels. */
async function outcomeOf(width: number, height: number, field: 'initImageUrl' | 'refImageUrl' = 'initImageUrl') {
  const init = await paint(64, 48, (x, y) => [x, y, 9]);
  const mask = await paint(width, height, () => 255);
  await using scene = sdCppScene({ fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask) });
  await scene.install();
  const running = scene.run({ [field]: INIT, maskUrl: MASK });
  const outcome = await running.then(
    ({ is }) => is,
    (thrown: unknown) => thrown,
  );
  return { outcome, started: scene.asked().length };
}

test('a mask whose aspect ratio differs from its image is rejected at once', async () => {
  for (const field of ['initImageUrl', 'refImageUrl'] as const) {
    expect(await outcomeOf(64, 64, field)).toMatchObject({
      outcome: {
        code: 'task.mask-mismatch',
        retryable: false,
        message: 'the mask is 64 x 64 px, whose aspect ratio differs from that of its image, 64 x 48 px',
      },
      started: 0,
    });
  }
});

test('a mask of another size and the same shape lies where it should', async () => {
  for (const [width, height] of [
    [64, 48],
    [128, 96],
    [33, 25],
  ] as const) {
    expect(await outcomeOf(width, height)).toEqual({ outcome: 'artifact', started: 1 });
  }
});

test('a mask this worker cannot decode is left to the program', async () => {
  const init = await paint(64, 48, (x, y) => [x, y, 9]);
  await using scene = sdCppScene({
    fetchInput: (_, url) => Promise.resolve(url === INIT ? init : new TextEncoder().encode('BM, perhaps')),
  });
  await scene.install();
  const failure = await failureOf(scene.run({ initImageUrl: INIT, maskUrl: MASK }));
  expect(failure).toMatchObject({ code: 'engine.failed' });
  expect(scene.programs).toHaveLength(1);
});
