import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import OpenAI, { toFile } from 'openai';
import { WorkerError } from '../../../src/base/errors.ts';
import { imageTypeOf } from '../../../src/base/media/image-type.ts';
import { synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import type { SceneChoice } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const KINDS = ['image', 'audio_tts', 'audio_stt', 'video', 'mesh'];

/** A worker with one model of each kind, and the client that programs use. */
async function setup(choice: SceneChoice = {}) {
  const at = await setupApi(choice);
  for (const kind of KINDS) await at.post('/models', { id: `tiny-${kind}`, kind, source: synthetic });
  const client = new OpenAI({ baseURL: `${at.api.url}/v1`, apiKey: at.api.token, maxRetries: 0 });
  return { ...at, client };
}

type At = Awaited<ReturnType<typeof setup>>;

/** The bytes that a native route answers. */
async function bytesOf(at: At, path: string, body: unknown) {
  const response = await fetch(`${at.api.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${at.api.token}` },
  });
  return { status: response.status, type: response.headers.get('content-type'), bytes: await response.bytes() };
}

const imageIn = (base64 = ''): Uint8Array => Buffer.from(base64, 'base64');

test('the client gets as many images as it asked for, a job each', async () => {
  await using at = await setup();
  const { data = [] } = await at.client.images.generate({
    model: 'tiny-image',
    prompt: 'a fox',
    n: 2,
    size: '256x256',
    response_format: 'b64_json',
  });
  expect(data.map(({ b64_json: base64 }) => imageTypeOf(imageIn(base64)))).toEqual(['png', 'png']);
  const { recentJobs } = at.worker.composed.status();
  expect(recentJobs.map(({ kind, status }) => `${kind} ${status}`)).toEqual(['image completed', 'image completed']);
});

test('an image that is asked for as a URL comes within it', async () => {
  await using at = await setup();
  const { data = [] } = await at.client.images.generate({ prompt: 'a fox', output_format: 'webp' });
  const [, type, base64] = /^data:(.+);base64,(.+)$/.exec(data[0]?.url ?? '') ?? [];
  expect(type).toBe('image/webp');
  expect(imageTypeOf(imageIn(base64))).toBe('webp');
});

test('an image is edited from the form that the client sends', async () => {
  await using at = await setup();
  const { bytes } = await bytesOf(at, '/image', { prompt: 'a fox', width: 64, height: 64, ext: 'png' });
  const edited = await at.client.images.edit({
    image: await toFile(bytes, 'fox.png', { type: 'image/png' }),
    prompt: 'a red fox',
    n: 1,
    size: '256x256',
  });
  expect(edited.data).toHaveLength(1);
  expect(at.worker.composed.status().recentJobs.at(-1)).toMatchObject({ prompt: 'a red fox', status: 'completed' });
});

const [HIDDEN, SHOWN] = [0, 255];
test.each([
  ['what is transparent', [9, 9, 9, HIDDEN, 200, 200, 200, SHOWN], 4, [255, 0]],
  ['half of what is half transparent', [9, 9, 9, 128, 200, 200, 200, SHOWN], 4, [127, 0]],
  ['what is white in an opaque mask', [0, 0, 0, SHOWN, 255, 255, 255, SHOWN], 4, [0, 255]],
  ['what is white without transparency', [0, 0, 0, 255, 255, 255], 3, [0, 255]],
] as const)('an edit changes %s', async (_, pixels, channels, changed) => {
  const engine = new ScriptedEngine();
  await using at = await setup({ engines: [engine] });
  const { images, heldInputs } = at.worker.effects;
  const size = { width: 2, height: 1, format: 'png' } as const;
  const fox = await images.encode({ ...size, channels: 3, pixels: new Uint8Array(6) });
  const mask = await images.encode({ ...size, channels, pixels: Uint8Array.from(pixels) });
  const form = {
    image: await toFile(fox, 'fox.png', { type: 'image/png' }),
    mask: await toFile(mask, 'mask.png', { type: 'image/png' }),
    prompt: 'a red fox',
  };
  const edited = at.client.images.edit(form).catch((thrown: unknown) => thrown);
  const { task, fail } = await engine.started();
  const url = task.kind === 'image' ? (task.maskUrl ?? '') : '';
  const held = heldInputs.over(() => Promise.reject(new Error('it is not held')), 1000);
  const read = await images.decode(await held('mask', url, new AbortController().signal));
  const firsts = [0, 1].map((pixel) => read.pixels[pixel * read.channels]);
  expect(firsts).toEqual([...changed]);
  fail(new WorkerError('task.invalid', 'it is enough to have looked'));
  expect(await edited).toMatchObject({ status: 400 });
});

test('an image edit without an image, or without a form, is rejected', async () => {
  await using at = await setup();
  const form = new FormData();
  form.set('prompt', 'a red fox');
  const url = `${at.api.url}/v1/images/edits`;
  const headers = { authorization: `Bearer ${at.api.token}` };
  const without = await fetch(url, { method: 'POST', body: form, headers });
  expect(without.status).toBe(400);
  expect(await without.json()).toMatchObject({ error: { param: 'image', code: 'bad_request' } });
  expect(await at.post('/v1/images/edits', {})).toMatchObject({ status: 415 });
});

test('a text is spoken in the format that was asked for', async () => {
  await using at = await setup();
  const speech = await at.client.audio.speech.create({
    model: 'tiny-audio_tts',
    input: 'Hello.',
    voice: 'alloy',
    response_format: 'wav',
  });
  expect(speech.headers.get('content-type')).toBe('audio/wav');
  expect(new TextDecoder().decode((await speech.bytes()).subarray(0, 4))).toBe('RIFF');
});

test.each([
  ['text', 'text/plain; charset=utf-8', /\S\n$/],
  ['srt', 'text/plain; charset=utf-8', /^1\n00:00:00,000 --> \d\d:\d\d:\d\d,\d{3}\n/],
  ['vtt', 'text/plain; charset=utf-8', /^WEBVTT\n\n1\n00:00:00\.000 --> /],
  ['json', 'application/json', /^\{"text":/],
  ['verbose_json', 'application/json', /"language":/],
] as const)('a recording is written down as %s', async (format, type, expected) => {
  await using at = await setup();
  const form = new FormData();
  form.set('file', new Blob(['RIFF']), 'speech.wav');
  form.set('response_format', format);
  const response = await fetch(`${at.api.url}/v1/audio/transcriptions`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${at.api.token}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(await response.text()).toMatch(expected);
});

test('the client reads a transcript', async () => {
  await using at = await setup();
  const file = await toFile(Buffer.from('RIFF'), 'speech.wav');
  const { text } = await at.client.audio.transcriptions.create({ model: 'tiny-audio_stt', file });
  expect(text).not.toBe('');
});

test.each([
  ['/image', { prompt: 'a fox', width: 64, height: 64 }, 'image/webp'],
  ['/tts', { text: 'Hello.' }, 'audio/wav'],
  ['/video', { prompt: 'a fox', seconds: 0.25, width: 64, height: 64, ext: 'gif' }, 'image/gif'],
])('%s answers one task with the bytes of its result', async (path, body, type) => {
  await using at = await setup();
  const answer = await bytesOf(at, path, body);
  expect(answer).toMatchObject({ status: 200, type });
  expect(answer.bytes.byteLength).toBeGreaterThan(40);
});

test('/stt answers with the transcript of a recording in the request', async () => {
  await using at = await setup();
  const { status, body } = await at.post('/stt', { inputUrl: `data:audio/wav;base64,${btoa('RIFF')}` });
  expect({ status, body }).toMatchObject({ status: 200, body: { text: expect.any(String) } });
});

test.each([
  ['/image', { prompt: 'x', initImageUrl: 'http://127.0.0.1/a.png' }, 'bad_request'],
  ['/image', { prompt: 'x', maskUrl: 'data:image/png;base64,!!' }, 'bad_request'],
  ['/image', { prompt: '' }, 'bad_request'],
  ['/stt', { inputUrl: '' }, 'bad_request'],
  ['/tts', { text: 'x', model: 'tiny-image' }, 'wrong_model'],
])('%s refuses a body that it cannot use', async (path, body, error) => {
  await using at = await setup();
  expect(await at.post(path, body)).toMatchObject({ status: 400, body: { error } });
});

describe('a mesh', () => {
  const isGlb = (bytes: Uint8Array): boolean => new TextDecoder().decode(bytes.subarray(0, 4)) === 'glTF';
  const send = (at: At, query: string, body: Blob | FormData | string, type?: string) =>
    fetch(`${at.api.url}/mesh${query}`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${at.api.token}`, ...(type === undefined ? {} : { 'content-type': type }) },
    });

  /** A picture in each of the ways in which it may come. */
  async function pictures(at: At) {
    const { bytes } = await bytesOf(at, '/image', { prompt: 'a golem', width: 64, height: 64, ext: 'png' });
    const form = new FormData();
    form.append('image', new Blob([bytes], { type: 'image/png' }), 'golem.png');
    form.append('seed', '7');
    const inline = `data:image/png;base64,${bytes.toBase64()}`;
    return { bytes, form, inline, blob: new Blob([bytes], { type: 'image/png' }) };
  }

  test('comes from an image as the body, in a form or in JSON', async () => {
    await using at = await setup();
    const { form, inline, blob } = await pictures(at);
    const asked = [
      send(at, '?model=tiny-mesh&seed=7', blob),
      send(at, '', form),
      send(at, '', JSON.stringify({ image: inline, seed: 7 }), 'application/json'),
    ];
    for (const response of await Promise.all(asked)) {
      expect(response.headers.get('content-type')).toBe('model/gltf-binary');
      expect(isGlb(await response.bytes())).toBe(true);
    }
  });

  test.each([
    ['another type of body', '', 'text', 'text/plain', 415, 'unsupported_media_type'],
    ['an unknown option', '?faces=7', 'x', 'image/png', 400, 'bad_request'],
    ['a seed that is none', '?seed=-1', 'x', 'image/png', 400, 'bad_request'],
    ['no picture', '', '', 'image/png', 400, 'bad_request'],
    ['a picture elsewhere', '', '{"image":"http://127.0.0.1/a.png"}', 'application/json', 400, 'bad_request'],
  ] as const)('is refused for %s', async (_title, query, body, type, status, error) => {
    await using at = await setup();
    const response = await send(at, query, body, type);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error });
  });

  test('is refused for an image of more than 25 MiB', async () => {
    await using at = await setup();
    const response = await send(at, '', new Blob([new Uint8Array(25 * 1024 * 1024 + 1)], { type: 'image/png' }));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: 'picture_too_large' });
  });
});
