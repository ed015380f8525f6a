import { readFileSync } from 'node:fs';
import { openVisionModel } from '../../../src/engines/llama/vision/binding.ts';

/** Loads a model that sees with a folder of binaries, and tells where it ran and which library is mapped (Linux). */
const [path = '', projector = '', binariesFolder] = process.argv.slice(2);
const settings = { contextSize: 256, gpu: 'auto', binariesFolder, projector, lean: false, progress: () => {} } as const;
await using model = await openVisionModel(path, settings, {
  native: { unpack: () => Promise.resolve(undefined) },
  images: { probe: () => Promise.reject(new Error('no image is measured')) },
});
const [library] = /\S+index\.node/.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
process.stdout.write(`\n${JSON.stringify({ ranOn: model.ranOn, library })}\n`);
