import { WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import { VISION_PROJECTOR } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { ModelFiles, RunContext } from '../engine.ts';
import { ggufOf } from '../model-file.ts';
import type { TaskResult } from '../result.ts';
import type { InnerEngine, Inputs, LoadContext } from '../host/inner.ts';
import { grammarOf } from './grammar/grammar.ts';
import type { ChatModel, OpenOptions } from './port.ts';
import { minTokensOf } from './pieces.ts';
import { type Reader, readerOf, visionReaderOf } from './reader.ts';
import { budgetFor, splitReasoning } from './reply.ts';
import { assertKind } from '../failures.ts';
import type { OpenVisionOptions, VisionModel } from './vision/port.ts';
import { answerAsk, textAskOf } from './text-asks.ts';
import { startReply } from './writing.ts';

export interface ChatEngineOptions {
  /** Loads a model file; see the binding. */
  readonly openChatModel: (path: string, options: OpenOptions) => Promise<ChatModel>;
  /** Loads a model file together with its vision projector; see the binding of `vision`. */
  readonly openVisionModel: (path: string, options: OpenVisionOptions) => Promise<VisionModel>;
  readonly gpu: OpenOptions['gpu'];
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
}

/** Studio contract: where a model does not declare it. */
const CONTEXT_TOKENS = 8192;
/** The studio contract's seed: a chat that is asked for twice is answered twice the same. */
const SEED = 1234n;

/** Answers chats with GGUF models, and with images those that come with a projector. Runs in an engine child. */
export function createChatEngine(options: ChatEngineOptions): InnerEngine {
  return {
    load: async (files, context) => {
      const model = await openReader(files, context, options);
      return {
        ranOn: model.ranOn,
        run: async (task, inputs, { signal, progress, emit }) => {
          assertKind(task, 'llm', 'llama-cpp');
          const ask = textAskOf(task);
          if (ask !== undefined) return await answerAsk(ask, model, { signal, progress });
          return await answer(task, inputs, { signal, progress, emit, clock: options.clock, model, files });
        },
        [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
      };
    },
  };
}

async function openReader(
  files: ModelFiles,
  { signal, progress, lean, binariesFolder }: LoadContext,
  { openChatModel, openVisionModel, gpu }: ChatEngineOptions,
): Promise<Reader> {
  const projector = files.paths.get(VISION_PROJECTOR);
  // 0 means that the source has no default (studio contract).
  const contextSize = files.defaults.contextSize || CONTEXT_TOKENS;
  const how = { contextSize, gpu, binariesFolder, lean, progress };
  return projector === undefined
    ? readerOf(await openChatModel(ggufOf(files), { ...how, signal }))
    : visionReaderOf(await openVisionModel(ggufOf(files), { ...how, projector }));
}

interface Tools extends RunContext, Pick<ChatEngineOptions, 'clock'> {
  readonly model: Reader;
  readonly files: { readonly model: ModelId; readonly defaults: ModelFiles['defaults'] };
}

async function answer(task: TaskOf<'llm'>, inputs: Inputs, tools: Tools): Promise<TaskResult> {
  const { model, files, clock, signal } = tools;
  const since = clock.elapsed();
  const rendering = { defaults: files.defaults.chatTemplateKwargs, now: new Date(clock.now()) };
  const atLeast = minTokensOf(task.messages);
  if (atLeast >= model.contextSize) throw tooLong(`at least ${atLeast}`, model.contextSize);
  const chat = await model.read(task, inputs, rendering);
  const { tokens: prompt, opensReasoning } = chat;
  const budget = budgetFor(prompt, task.maxTokens, model.contextSize);
  if (budget === undefined) throw tooLong(prompt, model.contextSize);
  const stops = task.stop ?? [];
  const reply = startReply({ ...tools, prompt, budget, stops, opensReasoning });
  const { text, tokens, finish } = await chat.write({ reply, budget, stops, sampling: samplingOf(task), signal });
  const { content, reasoning } = splitReasoning(text);
  const message = { role: 'assistant', content, ...(reasoning !== undefined && { reasoning_content: reasoning }) };
  return {
    is: 'json',
    value: {
      object: 'chat.completion',
      model: files.model,
      choices: [{ index: 0, message, finish_reason: finish }],
      usage: { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens },
      elapsed_ms: Math.round(clock.elapsed() - since),
    },
  };
}

const tooLong = (prompt: number | string, context: number): WorkerError =>
  new WorkerError(
    'task.prompt-too-long',
    `prompt is ${prompt} tokens but the context holds ${context}; raise contextSize or shorten the prompt`,
    { hint: 'Set a larger `contextSize` in the model source, or create the job with fewer or shorter messages.' },
  );

const samplingOf = ({ temperature, topP, seed = SEED, jsonSchema }: TaskOf<'llm'>) => ({
  temperature,
  topP,
  seed: Number(BigInt.asUintN(32, seed)), // as many bits as llama.cpp takes
  grammar: jsonSchema === undefined ? undefined : grammarOf(jsonSchema),
});
