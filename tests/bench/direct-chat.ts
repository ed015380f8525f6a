/**
 * The limit of a chat: node-llama-cpp as its own manual uses it, with nothing around it. Holds one model, reads a number of
 * tokens and a prompt per line and answers with the milliseconds that they took: `direct-chat.ts <gguf> <context tokens>`.
 */
import { availableParallelism } from 'node:os';
import { getLlama } from 'node-llama-cpp';
import { threadsFor } from '../../src/engines/llama/threads.ts';

const [path = '', contextSize = ''] = process.argv.slice(2);
const llama = await getLlama({ build: 'never', gpu: false });
const model = await llama.loadModel({ modelPath: path });
// The same number of threads: with its own, the library waits for processors that other processes have.
const threads = threadsFor(llama.cpuMathCores, availableParallelism());
const context = await model.createContext({ contextSize: Number(contextSize), threads });
const sequence = context.getSequence();
const decoder = new TextDecoder();
process.stdout.write('ready\n');
for await (const line of process.stdin) {
  const [, tokensAsked = '', content = ''] = /^(\d+) (.*)/.exec(decoder.decode(line)) ?? [];
  const since = performance.now();
  const prompt = model.tokenize(`<|im_start|>user\n${content}<|im_end|>\n<|im_start|>assistant\n`, true);
  // A prompt that it has read before is not read again, but for the token that the reply grows out of.
  const known = Math.min(prompt.length - 1, sequence.compareContextTokens(prompt).firstDifferentIndex);
  await sequence.eraseContextTokenRanges([{ start: known, end: sequence.nextTokenIndex }]);
  let tokens = 0;
  for await (const _token of sequence.evaluate(prompt.slice(known), { temperature: 0.7, topK: 0, topP: 1 })) {
    if (++tokens === Number(tokensAsked)) break;
  }
  process.stdout.write(`${performance.now() - since}\n`);
}
