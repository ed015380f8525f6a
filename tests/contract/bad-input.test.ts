import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode } from '../../src/base/errors.ts';
import type { EngineName } from '../../src/contract/model-source.ts';
import { chatModel } from '../../src/demo/weights/chat.ts';
import { inpaintingModel } from '../../src/demo/weights/inpainting.ts';
import { transcribingModel } from '../../src/demo/weights/transcriber.ts';
import { voiceConfig, voiceModel } from '../../src/demo/weights/voice.ts';
import { encodeWav } from '../../src/base/media/wav.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { fileServer } from '../fakes/models/file-server.ts';
import { paint } from '../fakes/engines/onnx-engine.ts';
import { installSdCli } from '../fakes/engines/sd-cpp/sd-cli-program.ts';
import { setup } from '../flow/harness.ts';
import { TEST_MS } from '../flow/wait-for.ts';
import { tempFolder } from '../fakes/system/temp-folder.ts';

/*
 * What a studio, or who writes offers for one, gets wrong: each mistake has its own code, one sentence that says what is
 * wrong and one that says what to do, and costs no second try unless another try can help.
 */

setDefaultTimeout(TEST_MS);

const SD_CLI = 'STUDIO_WORKER_SD_CLI';
const before = process.env[SD_CLI];
afterEach(() => {
  if (before === undefined) delete process.env[SD_CLI];
  else process.env[SD_CLI] = before;
});

/** A GGUF file without tensors: magic, version 3, and two counts of zero. */
const EMPTY_GGUF = Uint8Array.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...Array<number>(16).fill(0)]);
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** What can be fetched from the server of every scene. */
const SERVED = {
  'lama.onnx': inpaintingModel(),
  'golem.gguf': EMPTY_GGUF,
  'chat.gguf': chatModel(),
  'whisper.bin': transcribingModel(),
  'silence.wav': encodeWav(new Int16Array(16_000), 16_000),
  'ada.onnx': voiceModel(),
  'ada.onnx.json': text(JSON.stringify(voiceConfig())),
  'other.json': text('{"model_type": "vits"}'),
  'nothing.onnx': new Uint8Array(),
  'page.onnx': text('<!doctype html><title>Sign in</title>'),
  'fox.png': await paint(96, 64, (x, y) => [x, 110, y]),
  'mask.png': await paint(96, 64, (x) => (x < 20 ? 255 : 0)),
  'square.png': await paint(64, 64, (x) => (x < 20 ? 255 : 0)),
};

/** A worker with every engine of the release, a studio, and a server of files. */
async function aScene() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  process.env[SD_CLI] = await installSdCli(folder.at('sd-cli'));
  const server = stack.use(fileServer(SERVED));
  const scene = stack.use(await setup({ config: { models_root: join(folder.path, 'models'), disk_floor_gb: 0 } }));
  return { scene, server, models: join(folder.path, 'models'), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** An offer, its mistake included. URLs without a scheme are names at the scene's server. */
interface Mistake {
  readonly engine: EngineName;
  readonly files: readonly { readonly role?: string; readonly url: string; readonly filename?: string }[];
  readonly sha256?: string;
  readonly task?: Parameters<typeof aTask>[0];
}

const REMOVAL = {
  kind: 'image',
  prompt: 'remove it',
  initImageUrl: 'fox.png',
  maskUrl: 'mask.png',
  ext: 'png',
} as const;
const SIZED = { ...REMOVAL, width: 96, height: 64 };
const removalBy = (url: string, about: Partial<Mistake> = {}): Mistake => ({
  engine: 'onnx',
  files: [{ url }],
  ...about,
});

const SPEECH: Mistake = {
  engine: 'piper',
  files: [{ url: 'ada.onnx' }, { url: 'ada.onnx.json', role: 'config' }],
  task: { kind: 'audio_tts', text: 'hello' },
};

const writtenDown = (recording: string): Mistake => ({
  engine: 'whisper-cpp',
  files: [{ url: 'whisper.bin' }],
  task: { kind: 'audio_stt', inputUrl: recording },
});

const withLora = (filename: string): Mistake => ({
  engine: 'sd-cpp',
  files: [
    { url: 'golem.gguf', role: 'diffusion-model' },
    { url: 'golem.gguf', role: 'lora', filename },
  ],
  task: { kind: 'image', prompt: 'a golem' },
});

const WRONG_SUM = removalBy('lama.onnx', { sha256: '0'.repeat(64) });

interface Row {
  readonly code: ErrorCode;
  /** Within the sentence of the `fail` frame. */
  readonly says: string;
  /** Within that sentence too, where the contract has it so, or within the hint that follows it for people. */
  readonly remedy: string;
  readonly offer: Mistake;
}

const MISTAKES: Readonly<Record<string, Row>> = {
  'a missing role': {
    code: 'model.role-missing',
    says: 'the source of model `m` has no file with the role model',
    remedy: 'Add a file with the role `model`',
    offer: removalBy('', { files: [{ url: 'lama.onnx', role: 'vae' }] }),
  },
  'a wrong kind': {
    code: 'task.unsupported',
    says: 'onnx engine cannot serve audio_tts tasks',
    remedy: 'Offer the task with a model whose engine serves audio_tts',
    offer: removalBy('lama.onnx', { task: { kind: 'audio_tts', text: 'hello' } }),
  },
  'a file name with a path': {
    code: 'model.filename-unsafe',
    says: 'model filename must be a plain file name: "../lama.onnx"',
    remedy: 'a name without folders',
    offer: removalBy('', { files: [{ url: 'lama.onnx', filename: '../lama.onnx' }] }),
  },
  'a LoRA name with a blank': {
    code: 'model.filename-unsafe',
    says: 'the LoRA file "old film.safetensors" cannot be named in a prompt',
    remedy: 'Correct `filename` in the model source',
    offer: withLora('old film.safetensors'),
  },
  'a LoRA name that would end its tag': {
    code: 'model.filename-unsafe',
    says: 'the LoRA file "film>.safetensors" cannot be named in a prompt',
    remedy: 'Correct `filename` in the model source',
    offer: withLora('film>.safetensors'),
  },
  'a mesh of a web page': {
    code: 'task.invalid',
    says: 'the picture cannot be used: the input image is no PNG, JPEG or WebP',
    remedy: 'the URL of a PNG, JPEG or WebP file',
    offer: { engine: 'synthetic', files: [], task: { kind: 'mesh', imageUrl: 'page.onnx' } },
  },
  'a mesh of a text in its URL': {
    code: 'task.invalid',
    says: 'the picture cannot be used: the input image is a data URL, but not of an image in base64',
    remedy: 'the whole PNG, JPEG or WebP file in base64',
    offer: { engine: 'synthetic', files: [], task: { kind: 'mesh', imageUrl: 'data:text/plain,fox' } },
  },
  'an http URL': {
    code: 'url.refused',
    says: 'model URL must use https',
    remedy: 'Give the studio a public https URL',
    offer: removalBy('http://models.example/m.onnx'),
  },
  'a checksum mismatch': {
    code: 'model.checksum-mismatch',
    says: `expected ${'0'.repeat(64)}; it was deleted`,
    remedy: 'Correct `sha256` in the model source',
    offer: WRONG_SUM,
  },
  'a model of no bytes': {
    code: 'model.not-a-model',
    says: 'nothing.onnx is not a model file: it is empty',
    remedy: 'the URL of the file itself',
    offer: removalBy('nothing.onnx'),
  },
  'a web page for a model': {
    code: 'model.not-a-model',
    says: 'page.onnx is not a model file: it is a web page',
    remedy: 'one that needs no login',
    offer: removalBy('page.onnx'),
  },
  'a model that is not there': {
    code: 'download.missing',
    says: '/gone.onnx -> 404',
    remedy: 'Check the URL in the model source',
    offer: removalBy('gone.onnx'),
  },
  'a picture that is not named': {
    code: 'task.input-missing',
    says: 'the onnx engine needs maskUrl',
    remedy: 'maskUrl',
    offer: removalBy('lama.onnx', { task: { ...SIZED, maskUrl: undefined } }),
  },
  'a mask of another size': {
    code: 'task.mask-mismatch',
    says: 'the mask is 64 x 64 px, which has the proportions neither of the image, 96 x 64 px, nor of the result',
    remedy: 'Draw the mask on the image itself',
    offer: removalBy('lama.onnx', { task: { ...SIZED, maskUrl: 'square.png' } }),
  },
  'a prompt over the context': {
    code: 'task.prompt-too-long',
    says: 'prompt is 8019 tokens but the context holds 512',
    remedy: 'Set a larger `contextSize` in the model source',
    offer: {
      engine: 'llama-cpp',
      files: [{ url: 'chat.gguf' }],
      task: { kind: 'llm', messages: [{ role: 'user', content: 'fox '.repeat(2_000) }] },
    },
  },
  'a voice without its config': {
    code: 'model.role-missing',
    says: 'the piper engine needs a file with the role `config`',
    remedy: 'the .onnx.json file that comes with the voice',
    offer: { ...SPEECH, files: [{ url: 'ada.onnx' }] },
  },
  'a config that belongs to something else': {
    code: 'model.config-invalid',
    says: "the voice's config cannot be used: audio: is missing",
    remedy: 'the .onnx.json file that belongs to it',
    offer: { ...SPEECH, files: [{ url: 'ada.onnx' }, { url: 'other.json', role: 'config' }] },
  },
  'a voice that the model has not': {
    code: 'task.voice-unknown',
    says: 'the model has no voice "alloy"',
    remedy: 'Ask for `default`',
    offer: { ...SPEECH, task: { kind: 'audio_tts', text: 'hello', voice: 'alloy' } },
  },
  'a language that the voice has not': {
    code: 'task.language-mismatch',
    says: 'the voice speaks en_US, and the task asks for fi',
    remedy: 'a model that speaks this language',
    offer: { ...SPEECH, task: { kind: 'audio_tts', text: 'hei', language: 'fi' } },
  },
  'a speed that nobody understands': {
    code: 'task.speed-out-of-range',
    says: 'a voice cannot speak at 40 times its own speed',
    remedy: 'Ask for a speed from 0.25 to 4',
    offer: { ...SPEECH, task: { kind: 'audio_tts', text: 'hello', speed: 40 } },
  },
  'a text without words': {
    code: 'task.text-unspeakable',
    says: 'the text has nothing that this voice can speak',
    remedy: 'a text that has words in it',
    offer: { ...SPEECH, task: { kind: 'audio_tts', text: '... !!!' } },
  },
  'a text of a whole book': {
    code: 'task.text-too-long',
    says: 'the text has 12000 characters, more than 10000',
    remedy: 'Create a job for each part of the text',
    offer: { ...SPEECH, task: { kind: 'audio_tts', text: 'a fox '.repeat(2_000) } },
  },
  'a silent recording': {
    code: 'task.audio-silent',
    says: 'the audio is silence from its start to its end',
    remedy: 'Check the microphone or the track that was recorded',
    offer: writtenDown('silence.wav'),
  },
  'a recording of no sound at all': {
    code: 'task.audio-unreadable',
    says: 'the audio is',
    remedy: 'the URL of the audio file itself',
    offer: writtenDown('page.onnx'),
  },
  'an unknown sampler': {
    code: 'task.sampler-unknown',
    says: 'invalid sample method euler_zz',
    remedy: 'a samplingMethod that sd-cli knows',
    offer: {
      engine: 'sd-cpp',
      files: [{ url: 'golem.gguf', role: 'diffusion-model' }],
      task: { kind: 'image', prompt: 'a golem', width: 96, height: 64, steps: 3, samplingMethod: 'euler_zz' },
    },
  },
};

/** Sends the offer, and gives what the studio heard and what the worker's log says about it. */
async function failureOf({ scene, server }: Awaited<ReturnType<typeof aScene>>, mistake: Mistake) {
  const at = (url: string): string => (url.includes(':') ? url : server.url(url));
  const task = Object.entries(mistake.task ?? SIZED).map(([name, value]) => [
    name,
    name.endsWith('Url') && typeof value === 'string' ? at(value) : value,
  ]);
  const files = mistake.files.map(({ role = 'model', url, filename = url.replace(/.*\//, '') }) => ({
    role,
    url: at(url),
    filename,
    ...(mistake.sha256 === undefined ? {} : { sha256: mistake.sha256 }),
  }));
  const modelSource = { ...synthetic, engine: mistake.engine, files };
  const { id } = await scene.studio.createJob(aTask(Object.fromEntries(task)), {
    model: 'm',
    maxAttempts: 1,
    modelSource,
  });
  await scene.studio.jobIs(id, 'failed');
  return { frame: await scene.studio.next('fail'), logged: (await scene.worker.logged('job.failed')).fields };
}

describe('a mistake in an offer is told for what it is', () => {
  test.each(Object.entries(MISTAKES))('%s', async (_what, { code, says, remedy, offer }) => {
    await using place = await aScene();
    const { frame, logged } = await failureOf(place, offer);
    expect(frame.error).toContain(says);
    expect(frame.retryable).toBe(ERROR_CODES[code].retryable);
    expect(logged).toMatchObject({ code });
    expect(`${frame.error}. ${String(logged['hint'])}`).toContain(remedy);
    expect(frame.error).not.toContain('\n');
    // The worker is none the worse for it.
    expect(place.scene.worker.status().session).toEqual({ at: 'live' });
  });
});

test('only a mistake that another try may mend is tried again', () => {
  const retried = Object.entries(MISTAKES).filter(([, { code }]) => ERROR_CODES[code].retryable);
  expect(retried.map(([what]) => what)).toEqual(['a checksum mismatch']);
});

test('a failed download leaves no file that a later job could load', async () => {
  await using place = await aScene();
  await failureOf(place, WRONG_SUM);
  expect(existsSync(join(place.models, 'm', 'lama.onnx'))).toBe(false);
});
