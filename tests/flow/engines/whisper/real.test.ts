import { expect } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aTask } from '../../../fakes/builders.ts';
import { whisperScene } from '../../../fakes/engines/whisper-engine.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';
import { needs, variable } from '../../../needs.ts';

const PATIENCE_MS = 300_000;
/** A real model file, such as ggml-base.en.bin: too large to come with the tests. */
const MODEL = process.env['STUDIO_WORKER_WHISPER_MODEL'];
const SPOKEN = 'The old house stands near the river, and the children play in the garden.';

needs(variable('STUDIO_WORKER_WHISPER_MODEL'), 'flite')(
  'a real model writes down what a synthesiser says, word by word',
  async () => {
    using scene = whisperScene({ weights: readFileSync(MODEL ?? '') });
    const path = join(scene.folder, 'spoken.wav');
    const flite = Bun.spawn(['flite', '-voice', 'rms', '-t', SPOKEN, '-o', path]);
    expect(await flite.exited).toBe(0);
    const inputUrl = 'https://example.invalid/spoken.wav';
    scene.web.set(inputUrl, await Bun.file(path).bytes());
    const signal = new AbortController().signal;
    await using model = await scene.engine.load(scene.files, signal, USUAL);
    const task = aTask({ kind: 'audio_stt', inputUrl, timestamps: 'word', language: 'en' });
    const result = await model.run(task, { signal, progress: () => {}, emit: () => {} });
    const text = JSON.stringify(result.is === 'json' ? result.value : undefined).toLowerCase();
    for (const word of ['house', 'river', 'children', 'garden']) expect(text).toContain(word);
  },
  PATIENCE_MS,
);
