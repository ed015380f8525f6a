import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { voiceConfig, voiceModel } from '../../src/demo/weights/voice.ts';
import type { RunContext } from '../../src/engines/engine.ts';
import { checkAudio } from '../../src/jobs/results/audio.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { fileServer } from '../fakes/models/file-server.ts';
import { piperScene, samplesOf } from '../fakes/engines/piper-engine.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';
import { serving } from './worker.ts';
import { USUAL } from '../fakes/engines/loading.ts';
import { PATIENCE_MS } from '../flow/wait-for.ts';

setDefaultTimeout(2 * PATIENCE_MS);
beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

test('the executable alone speaks English, with no espeak-ng on the machine', async () => {
  await using program = await alone(await builtBinary());
  using scene = piperScene({ command: [program.path], env: { ...program.env, PATH: program.cwd } });
  const context: RunContext = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
  await using model = await scene.engine.load(scene.files, context.signal, USUAL);
  const result = await model.run(aTask({ kind: 'audio_tts', text: 'The fox crosses the ice.' }), context);
  if (result.is !== 'artifact') throw new Error('expected a sound');
  const { rate, samples } = samplesOf(result.bytes);
  expect(samples.length / rate).toBeGreaterThan(1);
  expect(checkAudio(result.bytes, { mayBeSilent: false })).toEqual({ is: 'good' });
});

test('a studio’s offer of speech is served by the executable alone', async () => {
  await using program = await alone(await builtBinary());
  const config = new TextEncoder().encode(JSON.stringify(voiceConfig()));
  await using server = fileServer({ 'ada.onnx': voiceModel(), 'ada.onnx.json': config });
  await using studio = await fakeStudio({ patienceMs: PATIENCE_MS });
  await using _worker = await serving(program, studio);
  const files = [
    { role: 'model', url: server.url('ada.onnx'), filename: 'ada.onnx' },
    { role: 'config', url: server.url('ada.onnx.json'), filename: 'ada.onnx.json' },
  ];
  const task = aTask({ kind: 'audio_tts', text: 'The fox crosses the ice. It is gone.', ext: 'mp3' });
  const { id } = await studio.createJob(task, { model: 'ada', modelSource: { ...synthetic, engine: 'piper', files } });
  expect((await studio.jobIs(id, 'completed')).artifact).toMatchObject({ ext: 'mp3' });
});
