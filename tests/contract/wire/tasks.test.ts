import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import * as v from 'valibot';
import {
  promptOf,
  promptPreview,
  resultIs,
  TASK_KIND_IDS,
  type TaskKindId,
  TaskSchema,
} from '../../../src/contract/tasks/index.ts';
import { drawnSize, image } from '../../../src/contract/tasks/image.ts';
import { artifactContentType, UPLOAD_PARTS } from '../../../src/contract/upload.ts';

/** Each kind with what it needs, what may be null, and what has a default and may therefore not be. */
const KINDS: Record<TaskKindId, { needs: object; nullable: readonly string[]; defaults: Record<string, unknown> }> = {
  image: {
    needs: { prompt: 'p' },
    nullable: 'negativePrompt initImageUrl maskUrl refImageUrl denoise cfgScale samplingMethod seed'.split(' '),
    defaults: { steps: 20, ext: 'webp' },
  },
  llm: {
    needs: { messages: [] },
    nullable: ['system', 'topP', 'stop', 'jsonSchema', 'reasoning', 'chatTemplateKwargs'],
    defaults: { maxTokens: 512, temperature: 0.7 },
  },
  audio_stt: {
    needs: { inputUrl: 'https://example.invalid/a.wav' },
    nullable: ['language', 'translate', 'prompt', 'vad', 'timestamps'],
    defaults: {},
  },
  audio_tts: {
    needs: { text: 't' },
    nullable: ['speed', 'language'],
    defaults: { voice: 'default', ext: 'wav' },
  },
  video: {
    needs: { prompt: 'p' },
    nullable: ['negativePrompt', 'initImageUrl', 'fps'],
    defaults: { seconds: 2, width: 512, height: 512, ext: 'mp4' },
  },
  mesh: { needs: { imageUrl: 'https://example.invalid/p.png' }, nullable: ['seed'], defaults: { ext: 'glb' } },
};

describe.each(TASK_KIND_IDS)('an %s task', (kind) => {
  const { needs, nullable, defaults } = KINDS[kind];
  const reads = (fields: object) => v.safeParse(TaskSchema, { kind, ...needs, ...fields });

  test('needs little and gets a default for the rest', () => {
    const present = Object.entries(v.parse(TaskSchema, { kind, ...needs })).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(present)).toEqual({ kind, ...needs, ...defaults });
  });

  test('takes null for what may be absent, and reads it as absent', () => {
    for (const field of nullable) {
      const { success, output } = reads({ [field]: null });
      expect([field, success, (output as Record<string, unknown>)[field]]).toEqual([field, true, undefined]);
    }
  });

  test('takes no null where it needs a value or has a default', () => {
    for (const field of [...Object.keys(needs), ...Object.keys(defaults)]) {
      expect([field, reads({ [field]: null }).success]).toEqual([field, false]);
    }
  });

  test('takes no value of another type in any field', () => {
    for (const field of [...Object.keys(needs), ...Object.keys(defaults), ...nullable]) {
      if (field === 'jsonSchema') continue; // may be anything
      expect([field, reads({ [field]: Symbol('wrong') }).success]).toEqual([field, false]);
    }
  });
});

test('an image that asks for no size is drawn at 512 x 512', () => {
  const task = v.parse(image.params, { kind: 'image', prompt: 'p' });
  expect([task.width, task.height, drawnSize(task)]).toEqual([undefined, undefined, { width: 512, height: 512 }]);
  expect(drawnSize({ width: 0, height: 70 })).toEqual({ width: 0, height: 70 });
  for (const side of [null, -1, 1.5, '512', 2 ** 32]) {
    expect(v.safeParse(image.params, { kind: 'image', prompt: 'p', width: side }).success).toBe(false);
  }
});

test('a chat carries a list of images or none at all, but no null', () => {
  const images = ['https://example.invalid/a.png', 'data:image/png;base64,AA=='];
  const read = (about: object) => v.safeParse(TaskSchema, { kind: 'llm', messages: [], ...about });
  expect(read({ images }).output).toMatchObject({ images });
  expect(Object.keys(read({}).output as object)).not.toContain('images');
  expect([null, 'https://example.invalid/a.png', [null]].map((wrong) => read({ images: wrong }).success)).toEqual([
    false,
    false,
    false,
  ]);
});

test('the kinds stand in the order of the wire', () => {
  expect(TASK_KIND_IDS).toEqual(['image', 'llm', 'audio_stt', 'audio_tts', 'video', 'mesh']);
});

test('texts travel in a frame, files as an upload', () => {
  expect(TASK_KIND_IDS.map(resultIs)).toEqual(['artifact', 'json', 'json', 'artifact', 'artifact', 'artifact']);
});

test('the prompt goes back in full, however long', () => {
  const prompt = 'x'.repeat(100_000);
  expect(promptOf(v.parse(TaskSchema, { kind: 'image', prompt }))).toBe(prompt);
});

test.each([
  ['a'.repeat(200), 'a'.repeat(200)],
  ['a'.repeat(201), `${'a'.repeat(200)}…`],
  ['🦊'.repeat(200), '🦊'.repeat(200)],
  ['🦊'.repeat(201), `${'🦊'.repeat(200)}…`],
  [`a${'🦊'.repeat(500)}`, `a${'🦊'.repeat(199)}…`],
  ['', ''],
])('a preview shows two hundred characters and never half of one', (prompt, preview) => {
  expect(promptPreview(prompt)).toBe(preview);
});

test('a preview is the prompt or its beginning, whole characters only', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 600, size: 'max' }), (prompt) => {
      const preview = promptPreview(prompt);
      const characters = Array.from(prompt);
      expect(preview.isWellFormed()).toBe(true);
      expect(preview).toBe(characters.length <= 200 ? prompt : `${characters.slice(0, 200).join('')}…`);
    }),
  );
});

test.each([
  ['jpg', 'image/jpeg'],
  ['JPG', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['ogg', 'audio/ogg'],
  ['opus', 'audio/ogg'],
  ['flac', 'audio/flac'],
  ['m4a', 'audio/mp4'],
  ['mp4', 'video/mp4'],
  ['webm', 'video/webm'],
  ['glb', 'model/gltf-binary'],
  ['bmp', 'application/octet-stream'],
  ['xyz', 'application/octet-stream'],
  ['', 'application/octet-stream'],
  ['constructor', 'application/octet-stream'],
])('an artifact with extension %p uploads as %s', (ext, contentType) => {
  expect(artifactContentType(ext)).toBe(contentType);
});

test('the parts of an upload stand in the order of the wire', () => {
  expect(Object.values(UPLOAD_PARTS)).toEqual(['prompt', 'ext', 'image', 'generationMeta']);
});
