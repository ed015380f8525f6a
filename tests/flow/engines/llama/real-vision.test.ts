import { expect } from 'bun:test';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { aTask } from '../../../fakes/builders.ts';
import { completionOf, llamaScene } from '../../../fakes/engines/llama-engine.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';
import { needs, variable } from '../../../needs.ts';

const PATIENCE_MS = 600_000;
/** A real vision model and its projector, such as those of SmolVLM: too large to come with the tests. */
const MODEL = 'STUDIO_WORKER_VISION_MODEL';
const PROJECTOR = 'STUDIO_WORKER_VISION_PROJECTOR';
const fileOf = (name: string): Uint8Array => readFileSync(process.env[name] ?? '');

needs(variable(MODEL), variable(PROJECTOR))(
  'a real model names the colour of an image',
  async () => {
    using scene = llamaScene({ weights: fileOf(MODEL), projector: fileOf(PROJECTOR) });
    const { signal } = new AbortController();
    await using model = await scene.engine.load(scene.files, signal, USUAL);
    const png = await sharp({ create: { width: 336, height: 336, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const task = aTask({
      kind: 'llm',
      messages: [{ role: 'user', content: 'What colour is this image? Answer with one word.' }],
      images: [`data:image/png;base64,${png.toString('base64')}`],
      temperature: 0,
      maxTokens: 200,
    });
    const { said } = completionOf(await model.run(task, { signal, progress: () => {}, emit: () => {} }));
    expect(said.toLowerCase()).toContain('red');
  },
  PATIENCE_MS,
);
