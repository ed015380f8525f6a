import { expect, setDefaultTimeout, test } from 'bun:test';
import type { EngineName } from '../../../src/contract/model-source.ts';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { inpaintingModel } from '../../../src/demo/weights/inpainting.ts';
import { transcribingModel } from '../../../src/demo/weights/transcriber.ts';
import { voiceModel } from '../../../src/demo/weights/voice.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { createQuarantine, type Quarantine } from '../../../src/engines/host/quarantine.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { llamaScene } from '../../fakes/engines/llama-engine.ts';
import { onnxScene } from '../../fakes/engines/onnx-engine.ts';
import { piperScene } from '../../fakes/engines/piper-engine.ts';
import { whisperScene } from '../../fakes/engines/whisper-engine.ts';
import { fileServer } from '../../fakes/models/file-server.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

interface Choice {
  readonly command: readonly string[];
  readonly quarantine: Quarantine;
}

/** Every engine that runs in a child, with a model file it takes and a task of its kind. */
const ENGINES: readonly (readonly [
  id: EngineName,
  scene: (choice: Choice) => Disposable & { readonly engine: Engine },
  file: readonly [name: string, weights: () => Uint8Array],
  task: Parameters<typeof aTask>[0],
])[] = [
  ['llama-cpp', llamaScene, ['fatal.gguf', chatModel], { kind: 'llm', messages: [{ role: 'user', content: 'hi' }] }],
  ['onnx', onnxScene, ['fatal.onnx', inpaintingModel], { kind: 'image', prompt: 'x' }],
  ['piper', piperScene, ['fatal.onnx', voiceModel], { kind: 'audio_tts', text: 'hi' }],
  ['whisper-cpp', whisperScene, ['ggml-fatal.bin', transcribingModel], { kind: 'audio_stt', inputUrl: 'https://a/b' }],
];
const UNRULY = [process.execPath, 'tests/fakes/engines/unruly-child.ts'];
const CHILD = [process.execPath, 'tests/fakes/engines/fatal-child.ts'];

test.each(ENGINES)('a model that keeps crashing the %s engine is offered in vain', async (id, scene, file, task) => {
  const [name, weights] = file;
  const quarantine = createQuarantine(systemClock);
  using fatal = scene({ command: CHILD, quarantine });
  await using server = fileServer({ [name]: weights() });
  await using place = await setup({ engines: [fatal.engine], quarantine });
  const { studio, worker } = place;
  const modelSource = { ...synthetic, engine: id, files: [{ role: 'model', url: server.url(name), filename: name }] };
  const offer = () => studio.createJob(aTask(task), { model: 'fatal', maxAttempts: 3, modelSource });

  await studio.jobIs((await offer()).id, 'failed'); // after three attempts, each of which was a crash
  await offer();
  expect((await worker.logged('offer.rejected')).fields['because']).toStartWith(`fatal crashed the ${id} engine`);
});

test('a task that crashes its engine twice is final, its model serves others', async () => {
  const quarantine = createQuarantine(systemClock);
  using unruly = llamaScene({ command: UNRULY, quarantine });
  await using server = fileServer({ 'chat.gguf': chatModel() });
  await using place = await setup({ engines: [unruly.engine], quarantine });
  const { studio, worker } = place;
  const file = { role: 'model', url: server.url('chat.gguf'), filename: 'chat.gguf' };
  const modelSource = { ...synthetic, engine: 'llama-cpp', files: [file] };
  const offer = (content: string) =>
    studio.createJob(aTask({ kind: 'llm', messages: [{ role: 'user', content }] }), {
      model: 'chat',
      maxAttempts: 9,
      modelSource,
    });

  const codes = () => worker.events.filter(({ event }) => event === 'job.failed').map(({ fields }) => fields['code']);

  for (let round = 1; round <= 3; round++) {
    await studio.jobIs((await offer('crash')).id, 'failed');
    expect(codes()).toEqual(Array.from({ length: round }, () => ['engine.crashed', 'task.crashes-engine']).flat());
  }
  await studio.jobIs((await offer('refuse')).id, 'failed');
  expect(codes().at(-1)).toBe('task.invalid');
});
