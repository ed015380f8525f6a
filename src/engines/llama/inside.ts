import { WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import { VISION_PROJECTOR } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { ModelFiles, RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { InnerEngine } from '../host/inner.ts';
import { grammarOf } from './grammar.ts';
import type { ChatModel, OpenOptions } from './port.ts';
import { promptOf } from './prompt.ts';
import { budgetFor, createDecoder, splitReasoning, watchForStops } from './reply.ts';
import { createReplyStream } from './reply-stream.ts';
import { assertKind } from '../failures.ts';

export interface ChatEngineOptions {
  /** Loads a model file; see the binding. */
  readonly openChatModel: (path: string, options: OpenOptions) => Promise<ChatModel>;
  readonly gpu: OpenOptions['gpu'];
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
}

/** Studio contract: where a model does not declare it. */
const CONTEXT_TOKENS = 8192;
/** The studio contract's seed: a chat that is asked for twice is answered twice the same. */
const SEED = 1234n;

/** Answers chats with GGUF models. Runs in an engine child. */
export function createChatEngine(options: ChatEngineOptions): InnerEngine {
  const { openChatModel, gpu } = options;
  return {
    load: async (files, { signal, progress, lean, binariesFolder }) => {
      // 0 means that the source has no default (studio contract).
      const contextSize = files.defaults.contextSize || CONTEXT_TOKENS;
      const model = await openChatModel(ggufOf(files), {
        contextSize,
        gpu,
        binariesFolder,
        lean,
        signal,
        progress,
      });
      return {
        ranOn: model.ranOn,
        run: async (task, _inputs, context) => {
          assertKind(task, 'llm', 'llama-cpp');
          return await answer(task, { ...options, ...context, model, files });
        },
        [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
      };
    },
  };
}

/**
 * The file to load: of role `model`, or whichever else is a GGUF, though never the vision projector, which is one too.
 *
 * @throws WorkerError `model.role-missing`
 */
export function ggufOf({ model, paths }: Pick<ModelFiles, 'model' | 'paths'>): string {
  const others = [...paths].flatMap(([role, path]) => (role === VISION_PROJECTOR ? [] : [path]));
  const found = [paths.get('model'), ...others].find((path) => path?.toLowerCase().endsWith('.gguf'));
  if (found !== undefined) return found;
  throw new WorkerError('model.role-missing', `llama modelSource for \`${model}\` contained no .gguf file`, {
    hint: `Offer the model with a .gguf file of role \`model\`, or put ${model}.gguf into the folder \`llm\` of the models.`,
  });
}

interface Tools extends RunContext, Pick<ChatEngineOptions, 'clock'> {
  readonly model: ChatModel;
  readonly files: { readonly model: ModelId; readonly defaults: ModelFiles['defaults'] };
}

async function answer(task: TaskOf<'llm'>, tools: Tools): Promise<TaskResult> {
  const { model, files, clock } = tools;
  const since = clock.elapsed();
  const rendering = { defaults: files.defaults.chatTemplateKwargs, now: new Date(clock.now()) };
  const { tokens: prompt, opensReasoning } = promptOf(task, model, rendering);
  const budget = budgetFor(prompt.length, task.maxTokens, model.contextSize);
  if (budget === undefined) throw tooLong(prompt.length, model.contextSize);
  const { text, tokens, finish } = await write(task, { ...tools, prompt, opensReasoning, budget });
  const { content, reasoning } = splitReasoning(text);
  const message = { role: 'assistant', content, ...(reasoning !== undefined && { reasoning_content: reasoning }) };
  return {
    is: 'json',
    value: {
      object: 'chat.completion',
      model: files.model,
      choices: [{ index: 0, message, finish_reason: finish }],
      usage: { prompt_tokens: prompt.length, completion_tokens: tokens, total_tokens: prompt.length + tokens },
      elapsed_ms: Math.round(clock.elapsed() - since),
    },
  };
}

const tooLong = (prompt: number, context: number): WorkerError =>
  new WorkerError(
    'task.prompt-too-long',
    `prompt is ${prompt} tokens but the context holds ${context}; raise contextSize or shorten the prompt`,
  );

interface Written {
  readonly text: string;
  readonly tokens: number;
  readonly finish: 'stop' | 'length';
}

interface Writing extends Tools {
  readonly prompt: readonly number[];
  readonly opensReasoning: boolean;
  readonly budget: number;
}

/** Often enough for whoever watches: each report is a message to another process, and a token may take a millisecond. */
const REPORT_EVERY_MS = 50;

/** Counts its progress in tokens: those of the prompt as they are read, then those of the reply. */
async function write(task: TaskOf<'llm'>, writing: Writing): Promise<Written> {
  const { model, prompt, budget, signal } = writing;
  const watch = watchForStops(task.stop ?? []);
  const decoder = createDecoder((tokens, before) => model.textOf(tokens, before));
  const stream = createReplyStream(writing.opensReasoning, writing.emit);
  const report = createReport(writing);
  const isDue = createTicker(writing.clock);
  let written = 0;
  const done = (finish: Written['finish']): Written => {
    watch.push(decoder.rest());
    stream.push(watch.settled(true));
    stream.end();
    report(prompt.length + written, true);
    return { text: watch.text(), tokens: written, finish };
  };
  const onRead = (tokens: number): void => {
    signal.throwIfAborted();
    report(tokens, true);
  };
  for await (const token of model.generate(prompt, samplingOf(task), onRead)) {
    signal.throwIfAborted();
    if (model.isEnd(token)) return done('stop');
    written += 1;
    report(prompt.length + written, false);
    if (watch.push(decoder.push(token))) return done('stop');
    if (isDue()) stream.push(watch.settled(false));
    if (written >= budget) return done('length');
  }
  return done('stop');
}

/** Hands progress on, each count once, and not more often than somebody can see unless it has to be. */
function createReport({ prompt, budget, progress, clock }: Writing): (tokens: number, now: boolean) => void {
  let last = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (tokens, now) => {
    if (tokens <= last || !(now || clock.elapsed() - reportedAt >= REPORT_EVERY_MS)) return;
    last = tokens;
    reportedAt = clock.elapsed();
    progress(tokens, prompt.length + budget);
  };
}

/** True when it is asked for the first time, and then once in a while. */
function createTicker(clock: Pick<Clock, 'elapsed'>): () => boolean {
  let tickedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const isDue = clock.elapsed() - tickedAt >= REPORT_EVERY_MS;
    if (isDue) tickedAt = clock.elapsed();
    return isDue;
  };
}

const samplingOf = ({ temperature, topP, seed = SEED, jsonSchema }: TaskOf<'llm'>) => ({
  temperature,
  topP,
  seed: Number(BigInt.asUintN(32, seed)), // as many bits as llama.cpp takes
  grammar: jsonSchema === undefined ? undefined : grammarOf(jsonSchema),
});
