import { expect, setDefaultTimeout, test } from 'bun:test';
import sharp from 'sharp';
import type { ModelFile } from '../../../src/contract/model-source.ts';
import { readChatCompletion } from '../../../src/contract/results.ts';
import { MAX_IMAGE_BYTES } from '../../../src/engines/media/task-image.ts';
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

test('a chat about images is answered with the size of each, and its projector is not fetched', async () => {
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

test('images for a model that has no projector fail the job before any engine runs', async () => {
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
