import { expect, test } from 'bun:test';
import sharp from 'sharp';
import type { WorkerError } from '../../src/base/errors.ts';
import type { ModelFile, ModelSource } from '../../src/contract/model-source.ts';
import { toError } from '../../src/engines/host/messages.ts';
import { createRegistry } from '../../src/engines/registry.ts';
import { run } from '../../src/jobs/run.ts';
import { aJob, aTask, heldFiles, synthetic } from '../fakes/builders.ts';
import { ScriptedEngine } from '../fakes/engines/scripted-engine.ts';
import { aSynthetic } from '../fakes/engines/synthetic-engine.ts';
import { plainRun, unobserved } from '../fakes/run-deps.ts';
import { recordingLogger } from '../fakes/recording-logger.ts';
import { FakeClock } from '../fakes/system/fake-clock.ts';

/*
 * Which failures are final, as the studio contract has it: a kind that the engine does not serve, images that the model
 * cannot read, an image of a mesh that is none, and what the process of an engine calls permanent. The rest is retried.
 */

const PNG = new Uint8Array(
  await sharp({ create: { width: 2, height: 2, channels: 3, background: '#fff' } })
    .png()
    .toBuffer(),
);
const PICTURE = `data:image/png;base64,${PNG.toBase64()}`;
const TEXT = 'data:text/plain;base64,aGk=';
const projector: ModelFile = {
  role: 'text-encoder-vision',
  url: 'https://example.invalid/p.gguf',
  filename: 'p.gguf',
  approxBytes: undefined,
  sha256: undefined,
};

/** Serves speech and nothing else. */
const speaker = Object.assign(new ScriptedEngine(), { id: 'onnx', models: { audio_tts: ['onnx'] } } as const);

async function failureOf(task: Parameters<typeof aTask>[0], source: Partial<ModelSource> = {}): Promise<WorkerError> {
  const job = aJob({ task: aTask(task), modelSource: { ...synthetic, ...source } });
  const deps = {
    registry: createRegistry([aSynthetic(), speaker]),
    files: { filesFor: () => Promise.resolve(heldFiles) },
    observer: unobserved,
    ...plainRun,
    clock: new FakeClock(),
    log: recordingLogger(),
  };
  const outcome = await run(job, deps, new AbortController().signal);
  if (outcome.is !== 'failed') throw new Error(`the job is ${outcome.is}`);
  return outcome.error;
}

const asking = (urls: readonly string[], role = 'user') => ({
  kind: 'llm' as const,
  messages: [{ role, content: 'what is it?' }],
  images: urls,
});
const vision = { files: [projector] };
const mesh = (imageUrl: string) => ({ kind: 'mesh' as const, imageUrl });

test.each([
  [
    'a kind that the engine does not serve',
    mesh(PICTURE),
    { engine: 'onnx' },
    'onnx engine cannot serve mesh tasks',
    false,
  ],
  ['a mesh where torch cannot run', mesh(PICTURE), { engine: 'torch' }, 'torch engine cannot serve mesh tasks', false],
  ['an image of a mesh that is none', mesh(TEXT), {}, 'the picture cannot be used: ', false],
  ['images without a projector', asking([PICTURE]), {}, 'reads no images: ', false],
  [
    'too many images',
    asking(Array<string>(17).fill(PICTURE)),
    vision,
    'the task carries 17 images; a chat reads at',
    false,
  ],
  ['images without a user', asking([PICTURE], 'system'), vision, 'the task carries images but no user message', true],
  ['an image of a chat that is none', asking([PICTURE, TEXT]), vision, 'input image 2 of 2: ', true],
  ['an engine that is not there', asking([]), { engine: 'parakeet' }, 'no `parakeet` engine compiled into this', true],
] as const)('%s fails in the words of the contract, final or not', async (_what, task, source, says, retryable) => {
  const error = await failureOf(task, source);
  expect(error.message).toContain(says);
  expect(error.retryable).toBe(retryable);
});

test.each([
  ['model.unusable', false],
  ['task.prompt-too-long', false],
  ['engine.failed', true],
  ['engine.out-of-memory', true],
] as const)('an engine process’s %s error is as final here as it is there', (code, retryable) => {
  expect(toError({ code, message: 'it failed', fields: {} }).retryable).toBe(retryable);
});
