import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import sharp from 'sharp';
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

/** A mask of 64 x 48 pixels whose left half is as these say. */
const halved = (left: readonly number[], right: readonly number[]) => {
  const channels = left.length === 2 ? 2 : left.length === 4 ? 4 : 3;
  const pixels = Array.from({ length: 64 * 48 }, (_, at) => (at % 64 < 32 ? left : right)).flat();
  return sharp(Uint8Array.from(pixels), { raw: { width: 64, height: 48, channels } });
};
const OPAQUE = halved([255, 255, 255], [0, 0, 0]);
const SEE_THROUGH = halved([255, 255, 255, 255], [255, 255, 255, 0]);

test.each([
  ['a palette with transparency', SEE_THROUGH.clone().png({ palette: true })],
  ['transparency alone', SEE_THROUGH.clone().png()],
  ['grey and transparency', halved([255, 255], [255, 0]).png()],
  ['sixteen bits', OPAQUE.clone().toColourspace('rgb16').png()],
  ['two colours', OPAQUE.clone().png({ palette: true, colours: 2 })],
  ['a camera held upside down', OPAQUE.clone().rotate(180).withMetadata({ orientation: 3 }).jpeg()],
  ['inks', OPAQUE.clone().toColourspace('cmyk').jpeg()],
  ['a GIF', OPAQUE.clone().gif()],
  ['a TIFF', OPAQUE.clone().tiff()],
  ['a WebP', SEE_THROUGH.clone().webp({ lossless: true })],
])('a mask of %s selects the half that it shows', async (_what, drawn) => {
  const init = await paint(64, 48, (x, y) => [x, y, 9]);
  const mask = new Uint8Array(await drawn.toBuffer());
  await using scene = sdCppScene({ fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask) });
  await scene.install();
  await scene.run({ initImageUrl: INIT, maskUrl: MASK, height: 64 });
  const name = readdirSync(scene.at('.')).find((file) => file.startsWith('mask.')) ?? '';
  const seen = await sharp(scene.at(name)).removeAlpha().greyscale().raw().toBuffer({ resolveWithObject: true });
  const { width } = seen.info;
  const row = seen.data.subarray(width * 5, width * 6);
  expect([row[2], row[width - 3]].map((level) => (level ?? 0) > 128)).toEqual([true, false]);
});

test.each([
  ['black', halved([0, 0, 0], [0, 0, 0])],
  ['dark grey', halved([100, 100, 100], [100, 100, 100])],
  ['black where it shows', halved([0, 0, 0, 255], [255, 255, 255, 0])],
])('a mask that is %s selects nothing, and is refused', async (_what, drawn) => {
  const init = await paint(64, 48, (x, y) => [x, y, 9]);
  const mask = new Uint8Array(await drawn.png().toBuffer());
  await using scene = sdCppScene({ fetchInput: (_, url) => Promise.resolve(url === INIT ? init : mask) });
  await scene.install();
  expect(await failureOf(scene.run({ initImageUrl: INIT, maskUrl: MASK }))).toMatchObject({
    code: 'task.invalid',
    message: expect.stringContaining('selects nothing'),
  });
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
