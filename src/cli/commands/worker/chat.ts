import { WorkerError } from '../../../base/errors.ts';
import { MIB } from '../../../base/units.ts';
import { toNumber } from '../../args/values.ts';
import { command } from '../../command.ts';
import { answerOnce, chatAtTerminal } from '../../chat-loop.ts';
import type { World } from '../../world.ts';

/** More than any model reads. */
const MAX_INPUT_BYTES = 4 * MIB;

/** Chats with a model of this machine. */
export const chat = command({
  summary: 'Chat with a model of this machine, by the running worker where one runs',
  examples: [
    'studio-worker chat qwen3.5-0.8b',
    'studio-worker chat qwen3.5-0.8b "Why is the sky blue?"',
    'studio-worker chat qwen3.5-0.8b "Sum this up:" < notes.txt',
  ],
  exits: [
    { code: 1, means: 'the model failed' },
    { code: 69, means: 'the model is not on this disk, or its engine or the running worker is not available' },
    { code: 75, means: 'too many wait for the running worker already' },
    { code: 78, means: 'the config file is invalid' },
    { code: 130, means: 'the answer was interrupted' },
  ],
  args: {
    model: { type: 'positional', valueHint: 'local-model', description: 'Model id, as `models list` shows it' },
    message: {
      type: 'positional',
      required: false,
      valueHint: 'text',
      description: 'Answer this and exit; piped input is appended to it. Left out, the chat is in the terminal',
    },
    system: { type: 'string', valueHint: 'text', description: 'System prompt of the chat' },
    'max-tokens': {
      type: 'string',
      valueHint: 'number',
      description: 'Maximum number of tokens in an answer (default: 4096)',
    },
    temperature: {
      type: 'string',
      valueHint: 'number',
      description: 'Randomness, from 0 (the same answer each time) to 2',
    },
  },
  run: async (args, world) => {
    const [maxTokens, temperature] = [args['max-tokens'], args.temperature];
    const settings = {
      maxTokens: maxTokens === undefined ? undefined : toNumber('--max-tokens', maxTokens, { min: 1, whole: true }),
      temperature: temperature === undefined ? undefined : toNumber('--temperature', temperature, { min: 0, max: 2 }),
    };
    const before = args.system === undefined ? [] : [{ role: 'system' as const, content: args.system }];
    const ask = args.message === undefined ? await world.openLines() : undefined;
    const message = ask === undefined ? await messageOf(args.message, world) : '';
    const { stderr } = world.terminal;
    if (stderr.isTty) stderr.write(`loading ${args.model} …`);
    await using opened = await world
      .openChat({ configPath: args.config, model: args.model, settings })
      .finally(() => stderr.isTty && stderr.write('\r\u001B[2K'));
    if (ask !== undefined) return await chatAtTerminal(opened, { world, ask, before });
    return await answerOnce(opened, [...before, { role: 'user', content: message }], world);
  },
});

/** What is asked, and what is piped in. */
async function messageOf(given: string | undefined, world: World): Promise<string> {
  const piped = (await world.isInputPiped()) ? (await world.readInput(MAX_INPUT_BYTES)).trim() : '';
  const message = [given ?? '', piped].filter((part) => part !== '').join('\n\n');
  if (message !== '') return message;
  throw new WorkerError('cli.usage', 'there is nothing to answer: give a message, or pipe one in');
}
