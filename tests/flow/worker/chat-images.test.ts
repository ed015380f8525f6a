import { expect, setDefaultTimeout, test } from 'bun:test';
import sharp from 'sharp';
import type { ModelFile } from '../../../src/contract/model-source.ts';
import { readChatCompletion } from '../../../src/contract/results.ts';
import { MAX_IMAGE_BYTES, MAX_INLINE_IMAGE_BYTES, MAX_JOB_BYTES } from '../../../src/contract/limits.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const fox = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: '#d9742b80' } }).png();
const small = new Uint8Array(await fox(4, 3).toBuffer());
const large = new Uint8Array(await fox(40, 30).webp().toBuffer());
const inline = (bytes: Uint8Array) => `data:image/png;base64,${bytes.toBase64()}`;

/** Nobody listens there: a worker that fetched it would fail the job. */
const projector: ModelFile = {
  role: 'text-encoder-vision',
  url: 'http://127.0.0.1:9/p.gguf',
  filename: 'p.gguf',
  approxBytes: undefined,
  sha256: undefined,
};
const draft = { model: 'synthetic-llm', modelSource: { ...synthetic, files: [projector] }, maxAttempts: 1 };
const asking = (images: readonly string[]) =>
  aTask({ kind: 'llm', messages: [{ role: 'user', content: 'what is it?' }], images });

test('a synthetic chat reports each image’s size without fetching a projector', async () => {
  using web = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(large) });
  await using scene = await setup();
  const { id } = await scene.studio.createJob(asking([inline(small), `${web.url.href}fox.webp`]), draft);
  const { result, prompt } = await scene.studio.jobIs(id, 'completed');
  expect(prompt).toBe('what is it?');
  const read = readChatCompletion(result);
  expect(read.is === 'read' ? read.value.choices[0]?.message.content : undefined).toMatch(
    /^\[synthetic\] reply to prompt #[0-9a-f]{16} \(read 2 images: 4x3, 40x30\)$/,
  );
});

test('a chat with images fails at once for a model without projector', async () => {
  await using scene = await setup();
  await scene.studio.createJob(asking([inline(small)]), { ...draft, modelSource: synthetic });
  expect(await scene.studio.next('fail')).toMatchObject({
    error: expect.stringContaining('model `synthetic-llm` reads no images: its model source has no vision projector'),
    retryable: false,
  });
});

test.each([
  [
    'a data URL that is a text',
    'data:text/plain;base64,aGk=',
    'the image is a data URL, but not of an image in base64',
  ],
  ['a data URL that holds no image', inline(new TextEncoder().encode('<svg/>')), 'the image is no PNG, JPEG or WebP'],
  ['an address inside', 'https://10.0.0.1/a.png', 'not on the public internet'],
])('an image that is %s fails the chat, and says which image it is', async (_what, url, says) => {
  await using scene = await setup();
  await scene.studio.createJob(asking([inline(small), url]), draft);
  const { error, retryable } = await scene.studio.next('fail');
  expect(error).toStartWith('input image 2 of 2: ');
  expect(error).toContain(says);
  expect(retryable).toBe(true);
});

test('an image whose server sends the worker to an address inside is not fetched', async () => {
  using web = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.redirect('https://10.0.0.1/a.png') });
  await using scene = await setup();
  await scene.studio.createJob(asking([`${web.url.href}a.png`]), draft);
  const { error } = await scene.studio.next('fail');
  expect(error).toStartWith('input image 1 of 1: ');
  expect(error).toContain('not on the public internet');
});

test('an image of one byte more than 25 MiB fails the chat', async () => {
  using web = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(new Uint8Array(MAX_IMAGE_BYTES + 1)),
  });
  await using scene = await setup();
  await scene.studio.createJob(asking([`${web.url.href}a.png`]), draft);
  const { error } = await scene.studio.next('fail');
  expect(error).toStartWith('input image 1 of 1: ');
  expect(error).toContain('is larger than 25.0 MiB');
});

test('images inside a job may be as large as one frame carries', async () => {
  const noise = (width: number) =>
    sharp({
      create: {
        width,
        height: 2_000,
        channels: 3,
        background: 'white',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    }).png({ compressionLevel: 0 });
  const [first, second] = await Promise.all([noise(4_000).toBuffer(), noise(3_500).toBuffer()]);
  expect(first.byteLength + second.byteLength).toBeGreaterThan(0.95 * MAX_INLINE_IMAGE_BYTES);
  expect(first.byteLength).toBeLessThan(MAX_IMAGE_BYTES);
  await using scene = await setup();
  const { id } = await scene.studio.createJob(asking([inline(first), inline(second)]), draft);
  const { result } = await scene.studio.jobIs(id, 'completed');
  const read = readChatCompletion(result);
  expect(read.is === 'read' ? read.value.choices[0]?.message.content : undefined).toEndWith(
    '(read 2 images: 4000x2000, 3500x2000)',
  );
});

test('a job with too large images is refused with the sizes', async () => {
  await using scene = await setup();
  const image = `data:image/png;base64,${'A'.repeat(MAX_JOB_BYTES / 2)}`;
  const work = scene.studio.createJob(asking([image, image]), draft);
  expect(String(await work.catch((thrown: unknown) => thrown))).toContain(
    'the body is larger than 62.0 MiB; the images inside a job may have 45.0 MiB together: name larger ones by URL',
  );
});
