import { readFileSync } from 'node:fs';
import { openChatModel } from '../../../src/engines/llama/binding.ts';

/** Loads a model with a folder of binaries, and says where it ran and which binary the process has mapped (Linux). */
const [path = '', binariesFolder] = process.argv.slice(2);
await using model = await openChatModel(
  path,
  {
    contextSize: 256,
    gpu: 'auto',
    binariesFolder,
    lean: false,
    signal: new AbortController().signal,
    progress: () => {},
  },
  { unpack: () => Promise.resolve(undefined) },
);
const [addon] = /\S+llama-addon\.node/.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
console.log(JSON.stringify({ ranOn: model.ranOn, addon }));
