import { expect, test } from 'bun:test';
import { STALL_MS } from '../../../../src/engines/gradio/generate.ts';
import { synthetic } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { parameter } from '../../../fakes/engines/gradio-app.ts';
import { images } from '../../../fakes/engines/onnx-engine.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';
import { gradioScene } from '../../../fakes/engines/gradio-scene.ts';

const BUDGET_MS = 10_000;

const NO_DEFAULTS = { cfgScale: 0, steps: 0, width: 0, height: 0 };

test('the app’s image arrives in the format of the task', async () => {
  await using scene = await gradioScene();
  for (const [ext, format] of [
    ['png', 'png'],
    ['webp', 'webp'],
    ['jpg', 'jpeg'],
  ] as const) {
    const result = await scene.paint({ ext });
    expect(result).toMatchObject({ ext, facts: { format, width: 48, height: 32 } });
  }
});

test('task values reach their parameters and other defaults stay', async () => {
  await using scene = await gradioScene();
  const numbers = { width: 640, height: 320, steps: 12, cfgScale: 2.5, seed: 42 };
  await scene.paint({ negativePrompt: 'rain', ...numbers });
  expect(scene.app.calls).toEqual([
    {
      prompt: 'a golem',
      'Negative Prompt': 'rain',
      seed: 42,
      randomize_seed: false,
      width: 640,
      height: 320,
      guidance_scale: 2.5,
      num_inference_steps: 12,
      style: 'none',
    },
  ]);
});

test('what a task leaves out is the model’s default, else the app’s own', async () => {
  await using scene = await gradioScene();
  await scene.paint({ width: 0, height: 0 });
  const { cfgScale, steps, width, height } = synthetic.cliDefaults;
  expect(scene.app.calls[0]).toMatchObject({
    'Negative Prompt': '',
    seed: 0,
    randomize_seed: true,
    guidance_scale: cfgScale,
    num_inference_steps: steps,
    width,
    height,
  });
});

test('a seed beyond what apps take is folded into it, always the same way', async () => {
  await using scene = await gradioScene();
  await scene.paint({ seed: 18_446_744_073_709_551_615n });
  await scene.paint({ seed: 18_446_744_073_709_551_615n });
  expect(scene.app.calls.map(({ seed }) => seed)).toEqual([2_147_483_647, 2_147_483_647]);
});

test('an app whose seeds go to 64 bits describes them to its client', async () => {
  const parameters = [parameter('prompt'), parameter('seed', 0, { minimum: 0, maximum: 2 ** 64 })];
  await using scene = await gradioScene({ endpoints: { '/go': { parameters, returns: ['Image'] } } });
  await scene.paint({ seed: 7 });
  expect(scene.app.calls).toEqual([{ prompt: 'a golem', seed: 7 }]);
});

test('an app that insists on a value gets one where nobody said anything', async () => {
  const names = ['prompt', 'negativePrompt', 'Width', 'height', 'Steps', 'CFG Scale', 'seed', 'randomise_seed'];
  const seed = parameter('seed', undefined, { minimum: 10, maximum: 19 });
  const parameters = names.map((name) => (name === 'seed' ? seed : parameter(name)));
  await using scene = await gradioScene({
    endpoints: { '/go': { parameters, returns: ['Image'] } },
    defaults: NO_DEFAULTS,
  });
  await scene.paint({ width: 0, height: 0 });
  const [call] = scene.app.calls;
  expect(call).toMatchObject({ negativePrompt: '', Width: 1024, height: 1024, Steps: 20, 'CFG Scale': 5 });
  expect(call).toHaveProperty('randomise_seed', true);
  expect(call?.['seed']).toBeWithin(10, 20);
});

test('a number outside the widget’s range never reaches the app', async () => {
  const width = parameter('width', 512, { minimum: 64, maximum: 2048 });
  await using scene = await gradioScene({
    endpoints: { '/go': { parameters: [parameter('prompt'), width], returns: ['Image'] } },
  });
  expect(await failureOf(scene.paint({ width: 4000 }))).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: 'the Gradio app takes at most 2048 for width, not 4000',
  });
  expect(await failureOf(scene.paint({ width: 32 }))).toHaveProperty(
    'message',
    'the Gradio app takes at least 64 for width, not 32',
  );
  expect(scene.app.calls).toEqual([]);
});

test('the steps of the app are the progress of the job', async () => {
  await using scene = await gradioScene();
  const seen: string[] = [];
  await scene.paint({}, (done, total) => seen.push(`${done}/${total}`));
  expect(seen).toEqual(['25/100', '50/100', '75/100', '100/100']);
});

test.each([
  ['a file', (file: object) => [file]],
  ['a file without an address', (file: { path?: string }) => [{ path: file.path }]],
  ['a file with an address elsewhere', (file: { path?: string }) => [{ path: file.path, url: 'http://203.0.113.9/x' }]],
  ['a gallery', (file: object) => [[{ image: file, caption: null }], 'done']],
  ['an address below the app', () => [{ url: '/gradio_api/file=/tmp/gradio/a%20b/image.png' }]],
])('the image is found in %s', async (_, outputs) => {
  await using scene = await gradioScene({ outputs });
  expect((await scene.paint({ ext: 'png' })).facts).toMatchObject({ width: 48, height: 32 });
  expect(new Set(scene.hosts)).toEqual(new Set([scene.app.url]));
});

test('an image that came with the message needs no fetching', async () => {
  const png = await images.encode({ pixels: new Uint8Array(12), width: 2, height: 2, channels: 3, format: 'png' });
  await using scene = await gradioScene({ outputs: () => [`data:image/png;base64,${png.toBase64()}`] });
  expect((await scene.paint({ ext: 'png' })).facts).toMatchObject({ width: 2, height: 2 });
});

test('an app that names other hosts is called at its own', async () => {
  await using scene = await gradioScene({ root: 'https://someone.hf.space' });
  expect((await scene.paint()).facts).toMatchObject({ width: 48 });
  expect(new Set(scene.hosts)).toEqual(new Set([scene.app.url]));
});

test('an image that only another host has is not fetched', async () => {
  await using scene = await gradioScene({ outputs: () => [{ url: 'http://203.0.113.9/fox.png' }] });
  expect(await failureOf(scene.paint())).toMatchObject({
    code: 'engine.failed',
    message: 'the image is not served by the Gradio app itself, but from http://203.0.113.9/fox.png',
  });
  expect(new Set(scene.hosts)).toEqual(new Set([scene.app.url]));
});

test.each([
  ['nothing', () => []],
  ['a text', () => ['sorry']],
  ['a file that is not there', () => [{ path: '/tmp/gone.png' }]],
])('a result of %s is a failure that may pass', async (_, outputs) => {
  await using scene = await gradioScene({ outputs });
  expect(await failureOf(scene.paint())).toMatchObject({ code: 'engine.failed', retryable: true });
});

test.each([
  [{ error: 'Traceback:\n  ...\nCUDA out of memory' }, 'the Gradio app failed: CUDA out of memory'],
  [{ refuses: 503 }, 'the Gradio app failed: This application is currently busy. Please try again.'],
  [{ refuses: 500 }, 'the Gradio app failed: no'],
  [{ closesMidway: true }, 'the Gradio app closed the connection before it was done'],
  [{ garbles: true }, 'the connection to the Gradio app broke: JSON Parse error: Unexpected EOF'],
])('an app with the fault %j fails the job in its words', async (faults, message) => {
  await using scene = await gradioScene({ faults });
  const thrown = await within(BUDGET_MS, 'the failure', failureOf(scene.paint()));
  expect(thrown).toMatchObject({ code: 'engine.failed', retryable: true, message });
});

test('a cancelled job is cancelled in the app too', async () => {
  await using scene = await gradioScene({ faults: { hangs: true } });
  const failure = failureOf(scene.paint());
  await within(BUDGET_MS, 'the work', scene.app.working);
  const reason = new Error('enough');
  scene.abort.abort(reason);
  expect(await within(BUDGET_MS, 'the end', failure)).toBe(reason);
  await within(BUDGET_MS, 'the line', scene.app.cut);
  expect(await within(BUDGET_MS, 'the word', scene.app.cancelled)).toMatchObject({ event_id: 'event-1', fn_index: 0 });
});

test('an app that makes no progress for a long while fails the job', async () => {
  const clock = new FakeClock();
  await using scene = await gradioScene({ clock, faults: { hangs: true } });
  const failure = failureOf(scene.paint());
  await within(BUDGET_MS, 'the work', scene.app.working);
  clock.advance(STALL_MS);
  expect(await within(BUDGET_MS, 'the end', failure)).toHaveProperty('code', 'engine.stalled');
});

test('input images are rejected, and so are other kinds of task', async () => {
  await using scene = await gradioScene();
  const url = 'https://example.invalid/fox.png';
  for (const about of [{ initImageUrl: url }, { maskUrl: url }, { refImageUrl: url }, { kind: 'llm', messages: [] }]) {
    expect(await failureOf(scene.paint(about))).toMatchObject({ code: 'task.unsupported', retryable: false });
  }
  expect(scene.app.asked).toEqual([]);
});
