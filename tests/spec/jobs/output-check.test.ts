import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { openSchemaCheck } from '../../../src/compose/children/schema-check.ts';
import { WorkerError } from '../../../src/base/errors.ts';
import { toModelId } from '../../../src/base/ids.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { EngineName } from '../../../src/contract/model-source.ts';
import type { TaskResult } from '../../../src/engines/engine.ts';
import { encodeWav } from '../../../src/engines/media/wav.ts';
import { createOutputCheck, type OutputPolicy } from '../../../src/jobs/output-check.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createImages, type ImageFormat } from '../../../src/system/native/images.ts';
import { aJob, aTask, synthetic } from '../../fakes/builders.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { aSynthetic } from '../../fakes/engines/synthetic-engine.ts';
import { aBmp, anMp4, aWebm } from './result-files.ts';
import { USUAL } from '../../fakes/engines/loading.ts';

const images = createImages({ native: { unpack: () => Promise.resolve(undefined) } });
const checkSchema = openSchemaCheck({ clock: systemClock });

function setup(policy: OutputPolicy = 'reject', engine: EngineName = 'sd-cpp') {
  const log = recordingLogger();
  const outputCheck = createOutputCheck({ images, checkSchema, policy: () => policy });
  const { signal } = new AbortController();
  const check = (params: Parameters<typeof aTask>[0], result: TaskResult): Promise<void> =>
    outputCheck.check(aJob({ task: aTask(params), modelSource: { ...synthetic, engine } }), result, { log, signal });
  /** What was seen wrong with a result, or `undefined`. */
  async function seen(params: Parameters<typeof aTask>[0], result: TaskResult): Promise<string | undefined> {
    try {
      await check(params, result);
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof WorkerError) || thrown.code !== 'result.rejected') throw thrown;
      return thrown.message.replace("the sd-cpp engine's result is not delivered: ", '');
    }
  }
  return { log, check, seen, outputCheck };
}

const file = (bytes: Uint8Array, ext = 'png'): TaskResult => ({ is: 'artifact', bytes, ext });
const json = (value: JsonObject): TaskResult => ({ is: 'json', value });

type Paint = (at: number) => number;
async function drawn(size: { width: number; height: number }, paint: Paint, format: ImageFormat = 'png') {
  const pixels = Uint8Array.from({ length: size.width * size.height * 3 }, (_, at) => paint(at));
  return file(await images.encode({ ...size, pixels, channels: 3, format }), format);
}
const noise: Paint = (at) => (at * 7919) % 251;
const SMALL = { width: 64, height: 64 };
const IMAGE = { kind: 'image', prompt: 'a fox', ...SMALL } as const;

test('a picture of the asked size with something on it passes', async () => {
  const { seen } = setup();
  for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
    expect(await seen(IMAGE, await drawn(SMALL, noise, format))).toBeUndefined();
  }
});

test.each(['png', 'jpeg', 'webp'] as const)('a grey %s as engines make without memory is rejected', async (format) => {
  const { seen } = setup();
  const grey = await drawn(SMALL, () => 128, format);
  expect(await seen(IMAGE, grey)).toBe('the picture is one flat colour (#808080)');
  expect(new WorkerError('result.rejected', 'grey').retryable).toBe(true);
});

test('a dark picture and one with a small mark are not flat', async () => {
  const { seen } = setup();
  expect(await seen(IMAGE, await drawn(SMALL, (at) => at % 9))).toBeUndefined();
  expect(await seen(IMAGE, await drawn(SMALL, (at) => (at < 12 ? 255 : 0)))).toBeUndefined();
});

test('a prompt that asks for an empty picture gets one', async () => {
  const { seen } = setup();
  expect(await seen({ ...IMAGE, prompt: 'a plain white background' }, await drawn(SMALL, () => 255))).toBeUndefined();
});

test('what a mask was taken off may be as flat as its surroundings', async () => {
  const { check } = setup('reject', 'onnx');
  const removal = { ...IMAGE, initImageUrl: 'https://example/page.png', maskUrl: 'https://example/mask.png' };
  const white = await drawn(SMALL, () => 255);
  expect(await check(removal, white)).toBeUndefined();
  expect(await setup().seen(removal, white)).toBe('the picture is one flat colour (#ffffff)');
});

test('what is transparent counts only as far as it shows', async () => {
  const { seen } = setup();
  const sprite = (alpha: Paint) =>
    images.encode({
      ...SMALL,
      pixels: Uint8Array.from({ length: 64 * 64 * 4 }, (_, at) => (at % 4 === 3 ? alpha(at) : noise(at))),
      channels: 4,
      format: 'png',
    });
  expect(await seen(IMAGE, file(await sprite(() => 0)))).toBe('the picture is one flat colour (fully transparent)');
  expect(await seen(IMAGE, file(await sprite((at) => (at > 8_000 ? 255 : 0))))).toBeUndefined();
});

test('a picture of another size is rejected unless models draw in steps', async () => {
  const { seen } = setup();
  const made = await drawn({ width: 64, height: 128 }, noise);
  expect(await seen(IMAGE, made)).toBe('the picture is 64 x 128 px, asked were 64 x 64');
  expect(await seen({ ...IMAGE, height: 0 }, made)).toBeUndefined();
  expect(await seen({ ...IMAGE, height: 100 }, made)).toBeUndefined();
  expect(await seen({ ...IMAGE, height: 60 }, made)).toBe('the picture is 64 x 128 px, asked were 64 x 60');
});

test('bytes that are no picture, or only its beginning, are rejected', async () => {
  const { seen } = setup();
  const whole = await drawn({ width: 256, height: 256 }, noise);
  const half = whole.is === 'artifact' ? whole.bytes.slice(0, whole.bytes.byteLength / 2) : new Uint8Array();
  const asked = { ...IMAGE, width: 256, height: 256 };
  expect(await seen(asked, file(half))).toBe('the picture cannot be decoded');
  expect(await seen(IMAGE, file(new TextEncoder().encode('<html>502</html>')))).toBe('the picture cannot be decoded');
  expect(await seen(IMAGE, file(new Uint8Array()))).toBe('the file is empty');
});

test('a bitmap is read although the image library reads none', async () => {
  const { seen } = setup();
  for (const bits of [24, 32] as const) {
    const odd = { width: 63, height: 64 };
    expect(await seen({ ...IMAGE, ...odd }, file(aBmp({ ...odd, bits, paint: noise }), 'bmp'))).toBeUndefined();
    expect(await seen(IMAGE, file(aBmp({ ...SMALL, bits, paint: () => 0 }), 'bmp'))).toBe(
      'the picture is one flat colour (#000000)',
    );
  }
  const cut = aBmp({ ...SMALL, bits: 24, paint: noise }).subarray(0, 5_000);
  expect(await seen(IMAGE, file(cut, 'bmp'))).toBe('the bitmap cannot be decoded');
  expect(await seen(IMAGE, file(cut.subarray(0, 20), 'bmp'))).toBe('the bitmap cannot be decoded');
});

test('without an image library a picture is delivered unseen and the log says so', async () => {
  const failing = () => Promise.reject(new WorkerError('native.unavailable', 'no image library'));
  const outputCheck = createOutputCheck({
    images: { probe: failing, decode: failing },
    checkSchema,
    policy: () => 'reject',
  });
  const log = recordingLogger();
  await outputCheck.check(aJob({ task: aTask(IMAGE) }), file(Uint8Array.of(1)), {
    log,
    signal: new AbortController().signal,
  });
  expect(log.find('result.unchecked')?.fields).toEqual({ because: 'no image library' });
});

test('flagging delivers a bad result and says what was seen, off does not look', async () => {
  const flag = setup('flag');
  const grey = await drawn(SMALL, () => 128);
  await flag.check(IMAGE, grey);
  expect(flag.log.find('result.flagged')).toMatchObject({
    level: 'warn',
    fields: { kind: 'image', seen: 'the picture is one flat colour (#808080)' },
  });
  const off = setup('off');
  await off.check(IMAGE, grey);
  expect(off.log.events).toEqual([]);
});

test('a look ends with the job it belongs to', async () => {
  const never = () => new Promise<never>(() => {});
  const outputCheck = createOutputCheck({
    images: { probe: never, decode: never },
    checkSchema,
    policy: () => 'reject',
  });
  const abort = new AbortController();
  const looking = outputCheck.check(aJob({ task: aTask(IMAGE) }), file(Uint8Array.of(1)), {
    log: recordingLogger(),
    signal: abort.signal,
  });
  const reason = new WorkerError('job.cancelled', 'the worker was stopped');
  abort.abort(reason);
  expect(await looking.catch((thrown: unknown) => thrown)).toBe(reason);
});

const CLIP = { kind: 'video', prompt: 'a fox runs', seconds: 1, fps: 4, ...SMALL } as const;
const clip = (delaysMs: readonly number[], frame: (index: number) => Paint, format: 'webp' | 'gif' = 'webp') =>
  images.encodeAnimation({
    ...SMALL,
    channels: 3,
    format,
    delaysMs,
    loop: 0,
    frame: (index) => Promise.resolve(Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => frame(index)(at))),
    signal: new AbortController().signal,
    progress: () => {},
  });

test.each(['webp', 'gif'] as const)('a %s clip of about the asked length passes, even fading in', async (format) => {
  const { seen } = setup();
  const fading = await clip(
    [250, 250, 250, 250],
    (index) => (index === 0 ? () => 0 : (at) => noise(at + index)),
    format,
  );
  expect(await seen(CLIP, file(fading, format))).toBeUndefined();
});

test('a clip that is flat throughout, too short or of another size is rejected', async () => {
  const { seen } = setup();
  const grey = file(await clip([250, 250, 250, 250], (index) => () => 100 + index), 'webp');
  expect(await seen(CLIP, grey)).toBe('the video is one flat colour (#676767)');
  expect(await seen({ ...CLIP, prompt: 'a solid colour' }, grey)).toBeUndefined();
  const short = file(await clip([250, 250], () => noise), 'webp');
  expect(await seen({ ...CLIP, seconds: 4 }, short)).toBe('the video is 0.5 s long, asked were 4 s');
  expect(await seen({ ...CLIP, width: 128 }, short)).toBe('the video is 64 x 64 px, asked were 128 x 64');
  expect(await seen(CLIP, file(Uint8Array.of(1, 2, 3)))).toBe('the video cannot be decoded');
});

test('an MP4 is judged by its own tables', async () => {
  const { seen } = setup();
  const good = { ...SMALL, frames: 4, seconds: 1 };
  expect(await seen(CLIP, file(anMp4(good), 'mp4'))).toBeUndefined();
  expect(await seen(CLIP, file(anMp4({ ...good, wideTimes: true }), 'mp4'))).toBeUndefined();
  expect(await seen(CLIP, file(anMp4({ ...good, frames: 0 }), 'mp4'))).toBe('the video has no frames');
  expect(await seen(CLIP, file(anMp4({ ...good, seconds: 9 }), 'mp4'))).toBe('the video is 9.0 s long, asked were 1 s');
  expect(await seen(CLIP, file(anMp4({ ...good, handler: 'soun' }), 'mp4'))).toBe(
    'the MP4 is cut off or has no picture track',
  );
});

test('an MP4 that is cut off anywhere is rejected and never breaks the check', async () => {
  const { seen } = setup();
  const whole = anMp4({ ...SMALL, frames: 4, seconds: 1 });
  for (let end = 8; end < whole.byteLength; end++) {
    expect(await seen(CLIP, file(whole.subarray(0, end), 'mp4'))).toBe('the MP4 is cut off or has no picture track');
  }
});

test('a WebM is judged by its own elements', async () => {
  const { seen } = setup();
  const good = { ...SMALL, frames: 4, seconds: 1 };
  expect(await seen(CLIP, file(aWebm(good), 'webm'))).toBeUndefined();
  expect(await seen(CLIP, file(aWebm({ ...good, frames: 0 }), 'webm'))).toBe('the video has no frames');
  expect(await seen(CLIP, file(aWebm({ ...good, seconds: 9 }), 'webm'))).toBe(
    'the video is 9.0 s long, asked were 1 s',
  );
  expect(await seen({ ...CLIP, width: 128 }, file(aWebm(good), 'webm'))).toBe(
    'the video is 64 x 64 px, asked were 128 x 64',
  );
});

test('a WebM that is cut off anywhere is rejected and never breaks the check', async () => {
  const { seen } = setup();
  const whole = aWebm({ ...SMALL, frames: 4, seconds: 1 });
  for (let end = 4; end < whole.byteLength; end++) {
    expect(await seen(CLIP, file(whole.subarray(0, end), 'webm'))).toBe('the WebM is cut off or has no picture track');
  }
});

test('an odd side of an MP4 may be the next even one', async () => {
  const { seen } = setup();
  const odd = { ...CLIP, width: 63, height: 61 };
  expect(await seen(odd, file(anMp4({ width: 64, height: 62, frames: 4, seconds: 1 }), 'mp4'))).toBeUndefined();
  expect(await seen(odd, file(anMp4({ width: 64, height: 66, frames: 4, seconds: 1 }), 'mp4'))).toBe(
    'the video is 64 x 66 px, asked were 64 x 62',
  );
});

test('containers that are not looked into pass with a word in the log', async () => {
  const { seen, log } = setup();
  expect(await seen(CLIP, file(aWebm({ ...SMALL, frames: 4, seconds: undefined }), 'webm'))).toBeUndefined();
  expect(await seen(CLIP, file(new TextEncoder().encode('RIFF....AVI LIST'), 'avi'))).toBeUndefined();
  const piped = anMp4({ ...SMALL, frames: 0, seconds: 0, fragmented: true });
  expect(await seen(CLIP, file(piped, 'mp4'))).toBeUndefined();
  expect(await seen(CLIP, file(piped.subarray(0, -1), 'mp4'))).toBe('the MP4 is cut off or has no picture track');
  expect(log.events.map(({ fields }) => fields.because)).toEqual([
    'a WebM that was written into a pipe does not say how long it is',
    'the frames of AVI are not looked into',
    'the frames of a fragmented MP4 are not looked into',
  ]);
});

const CHAT = { kind: 'llm', messages: [{ role: 'user', content: 'hi' }] } as const;
const reply = (content: string, about: JsonObject = {}): JsonObject => ({
  object: 'chat.completion',
  model: 'tiny',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  elapsed_ms: 12,
  ...about,
});

test('a chat completion of the contract passes, any other shape is named by field', async () => {
  const { seen } = setup();
  expect(await seen(CHAT, json(reply('hello')))).toBeUndefined();
  expect(await seen(CHAT, json(reply('hello', { choices: [] })))).toStartWith(
    'the reply is no chat completion: choices',
  );
  expect(await seen(CHAT, json({ text: 'hello' }))).toStartWith('the reply is no chat completion: object');
  expect(await seen(CHAT, json(reply('cut \ud83d')))).toBe('the reply holds half a character');
});

const SCHEMA = {
  type: 'object',
  required: ['name', 'level'],
  properties: { name: { type: 'string' }, level: { type: 'integer', minimum: 1, maximum: 9007199254740993n } },
};

test('a reply must be JSON that meets the schema of its task', async () => {
  const { seen } = setup();
  const asked = { ...CHAT, jsonSchema: SCHEMA };
  expect(await seen(asked, json(reply('{"name":"golem","level":3}')))).toBeUndefined();
  expect(await seen(asked, json(reply('{"name":"golem","level":0}')))).toBe(
    'the reply does not meet its schema: `minimum` at #/level',
  );
  expect(await seen(asked, json(reply('{"name":"golem"}')))).toBe(
    'the reply does not meet its schema: `required` at #',
  );
  expect(await seen(asked, json(reply('Sure! {}')))).toBe('the reply is not JSON, and the task has a schema');
  const half = { role: 'assistant', content: '{"name":"go' };
  const cut = reply('', { choices: [{ index: 0, message: half, finish_reason: 'length' }] });
  expect(await seen(asked, json(cut))).toBe('the reply came to its limit of tokens before its JSON was whole');
});

test('a schema says which draft it keeps to', async () => {
  const { seen } = setup();
  const exclusive = { minimum: 1, exclusiveMinimum: true };
  const asked = { ...CHAT, jsonSchema: { $schema: 'http://json-schema.org/draft-04/schema#', ...exclusive } };
  expect(await seen(asked, json(reply('1')))).toBeString();
  expect(await seen(asked, json(reply('2')))).toBeUndefined();
});

test('a schema that cannot be used is no reason to lose a reply', async () => {
  const { seen, log } = setup();
  expect(await seen({ ...CHAT, jsonSchema: { $ref: '#/nowhere' } }, json(reply('{}')))).toBeUndefined();
  expect(String(log.find('result.unchecked')?.fields.because)).toStartWith('the schema of the task cannot be used');
});

test('a schema whose references multiply without end is given up on soon', async () => {
  const { seen, log } = setup();
  const next = (at: number) => ({ $ref: `#/$defs/${at + 1}` });
  const links = Array.from({ length: 40 }, (_, at) => [at, { anyOf: [next(at), next(at)] }]);
  const jsonSchema = { $ref: '#/$defs/0', $defs: { ...Object.fromEntries(links), 40: { type: 'string' } } };
  expect(await seen({ ...CHAT, jsonSchema }, json(reply('"golem"')))).toBeUndefined();
  expect(String(log.find('result.unchecked')?.fields.because)).toContain('references are followed without end');
});

test('a transcript has a text, a language and a length', async () => {
  const { seen } = setup();
  const task = { kind: 'audio_stt', inputUrl: 'https://example/a.wav' } as const;
  expect(await seen(task, json({ text: '', language: 'en', duration: 2.5, segments: 0 }))).toBeUndefined();
  expect(await seen(task, json({ text: 'hi', language: 'en' }))).toStartWith('the result is no transcript: duration');
  expect(await seen(task, json({ text: '\ud83d', language: 'en', duration: 1 }))).toBe(
    'the transcript holds half a character',
  );
});

const IMAGE_EXTS = ['webp', 'png', 'jpg', 'gif', 'tiff', 'bmp'];
const prompts = fc.string({ unit: 'grapheme', maxLength: 60 });
const anyTask = fc.oneof(
  fc.record({
    kind: fc.constant('image' as const),
    prompt: prompts,
    width: fc.integer({ min: 1, max: 150 }),
    height: fc.integer({ min: 1, max: 150 }),
    ext: fc.constantFrom(...IMAGE_EXTS),
  }),
  fc.record({
    kind: fc.constant('video' as const),
    prompt: prompts,
    seconds: fc.double({ min: 0, max: 1.5, noNaN: true }),
    fps: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    width: fc.integer({ min: 1, max: 64 }),
    height: fc.integer({ min: 1, max: 64 }),
    ext: fc.constantFrom('mp4', 'gif', 'webp'),
  }),
  fc.record({ kind: fc.constant('audio_tts' as const), text: prompts }),
  fc.record({ kind: fc.constant('audio_stt' as const), inputUrl: prompts }),
  fc.record({
    kind: fc.constant('llm' as const),
    messages: fc.array(fc.record({ role: fc.constant('user'), content: prompts })),
    jsonSchema: fc.constant({ type: 'object' }),
  }),
);

test('what the synthetic engine makes of any task passes', async () => {
  const { check } = setup('reject', 'synthetic');
  const engine = aSynthetic();
  const { signal } = new AbortController();
  const files = { model: toModelId('synthetic'), paths: new Map(), defaults: synthetic.cliDefaults };
  await using loaded = await engine.load(files, signal, USUAL);
  await fc.assert(
    fc.asyncProperty(anyTask, async (params) => {
      await check(params, await loaded.run(aTask(params), { signal, progress: () => {} }));
    }),
    { numRuns: 150 },
  );
}, 20_000);

const SPEECH = { kind: 'audio_tts', text: 'hello there' } as const;
const tone = Int16Array.from({ length: 2_000 }, (_, n) => 3_000 * Math.sin(n / 5));

test('a sound of some length and loudness passes, silence and cut files do not', async () => {
  const { seen } = setup();
  const spoken = encodeWav(tone, 22_050);
  expect(await seen(SPEECH, file(spoken, 'wav'))).toBeUndefined();
  expect(await seen(SPEECH, file(encodeWav(new Int16Array(2_000), 22_050), 'wav'))).toBe('the sound is silence');
  expect(await seen(SPEECH, file(encodeWav(new Int16Array(2_000).fill(900), 22_050), 'wav'))).toBe(
    'the sound is silence',
  );
  expect(await seen(SPEECH, file(encodeWav(new Int16Array(), 22_050), 'wav'))).toBe('the sound has no length');
  expect(await seen(SPEECH, file(spoken.subarray(0, 300), 'wav'))).toBe('the WAV is cut off');
  expect(await seen(SPEECH, file(spoken.subarray(0, 30), 'wav'))).toBe('the WAV is cut off');
  expect(await seen(SPEECH, file(spoken.subarray(0, 36), 'wav'))).toBe('the WAV has no samples');
});

/** A WAV of these samples, -1 to 1, in any of the forms programs write. */
function aWav(
  form: { format: number; bits: number; extensible?: boolean; openEnd?: boolean },
  samples: readonly number[],
) {
  const { format, bits, extensible = false, openEnd = false } = form;
  const head = new DataView(new ArrayBuffer(extensible ? 26 : 16));
  head.setUint16(0, extensible ? 0xfffe : format, true);
  head.setUint16(2, 1, true);
  head.setUint32(4, 8_000, true);
  head.setUint16(14, bits, true);
  if (extensible) head.setUint16(24, format, true);
  const data = new DataView(new ArrayBuffer((samples.length * bits) / 8));
  for (const [n, sample] of samples.entries()) {
    if (format === 3) data.setFloat32(n * 4, sample, true);
    else if (bits === 8) data.setUint8(n, 128 + Math.round(sample * 127));
    else if (bits === 16) data.setInt16(n * 2, Math.round(sample * 0x7fff), true);
    else if (bits === 32) data.setInt32(n * 4, Math.round(sample * 0x7fff_ffff), true);
    else {
      const level = Math.round(sample * 0x7f_ffff) & 0xff_ffff;
      data.setUint16(n * 3, level & 0xffff, true);
      data.setUint8(n * 3 + 2, level >> 16);
    }
  }
  const chunk = (name: string, body: DataView, size = body.byteLength): Uint8Array => {
    const header = Buffer.alloc(8);
    header.write(name);
    header.writeUInt32LE(size, 4);
    return Buffer.concat([header, new Uint8Array(body.buffer), new Uint8Array(body.byteLength % 2)]);
  };
  return Buffer.concat([
    Buffer.from('RIFF....WAVE'),
    chunk('LIST', new DataView(new ArrayBuffer(5))),
    chunk('fmt ', head),
    chunk('data', data, openEnd ? 0xffff_ffff : data.byteLength),
  ]);
}

const FORMS = [
  { format: 1, bits: 8 },
  { format: 1, bits: 16 },
  { format: 1, bits: 24 },
  { format: 1, bits: 32 },
  { format: 3, bits: 32 },
  { format: 1, bits: 16, extensible: true },
  { format: 1, bits: 16, openEnd: true },
];

test.each(FORMS)('loudness is read from a WAV of format $format with $bits bits', async (form) => {
  const { seen } = setup();
  const soft = Array.from({ length: 400 }, (_, n) => 0.02 * Math.sin(n / 3));
  expect(await seen(SPEECH, file(aWav(form, soft), 'wav'))).toBeUndefined();
  expect(await seen(SPEECH, file(aWav(form, soft.fill(0)), 'wav'))).toBe('the sound is silence');
});

test('a text without a word in it may be spoken as silence', async () => {
  const { seen } = setup();
  const silence = file(encodeWav(new Int16Array(2_000), 22_050), 'wav');
  expect(await seen({ kind: 'audio_tts', text: '… !' }, silence)).toBeUndefined();
});

test('sound formats that are not looked into pass, unknown bytes do not', async () => {
  const { seen, log } = setup();
  const text = (start: string): TaskResult => file(new TextEncoder().encode(`${start}........`), 'x');
  expect(await seen(SPEECH, text('OggS'))).toBeUndefined();
  expect(await seen(SPEECH, text('fLaC'))).toBeUndefined();
  expect(await seen(SPEECH, text('ID3.'))).toBeUndefined();
  expect(await seen(SPEECH, text('....ftypM4A '))).toBeUndefined();
  expect(await seen(SPEECH, file(Uint8Array.of(0xff, 0xfb, 0, 0)))).toBeUndefined();
  expect(await seen(SPEECH, file(aWav({ format: 6, bits: 8 }, [0, 1])))).toBeUndefined();
  expect(log.names()).toEqual(Array<string>(6).fill('result.unchecked'));
  expect(await seen(SPEECH, text('<html>'))).toBe('the sound is of no known format');
  expect(await seen(SPEECH, text('RIFF....AVI '))).toBe('the sound is no WAV');
  expect(await seen(SPEECH, text('RIFF....WAVEdata'))).toBe('the WAV does not say what its samples are');
});
