import type * as nodeLlama from 'node-llama-cpp';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { libraryFailure, loadFailure, outOfMemory, runFailure } from '../failures.ts';
import type { ChatModel, OpenOptions, Sampling } from './port.ts';
import { paddingFor } from './padding.ts';
import type { NativeCache } from '../../system/native/native-cache.ts';
import { piecesOf } from './pieces.ts';
import { loadRenderer } from './templates/binding.ts';
import { threadsFor } from './threads.ts';
import { embed, maxEmbedded, withEnds } from './vectors/binding.ts';

/*
 * What this program knows of the library for texts, but for vectors: its types end here, and its errors become ours. It is
 * long because a model, its context and a generation share what the library holds, and each has to free its part however
 * the others end.
 */

type Runtime = typeof nodeLlama;

const GGUF = {
  format: 'GGUF',
  hint: 'Offer the model with a file that is a whole .gguf file of an architecture that llama.cpp runs.',
};
/** Tokens of a prompt that are read at once: what a CPU reads in a few seconds, and what keeps a GPU busy. */
const PORTION = { lean: 64, cpu: 512, gpu: 2048 } as const;

/**
 * Loads a GGUF on the requested device.
 *
 * @throws WorkerError `native.unavailable` | `model.unusable` | `engine.out-of-memory`; or the signal's reason
 */
export async function openChatModel(
  path: string,
  options: OpenOptions,
  native: Pick<NativeCache, 'unpack'>,
): Promise<ChatModel> {
  const libraries = await loadRuntime(native);
  const { runtime } = libraries;
  if (options.binariesFolder !== undefined) addBinaries(options.binariesFolder, await runtime.getModuleVersion());
  const complaints: string[] = [];
  const llama = await startLlama(libraries, options, (message) => complaints.push(message));
  try {
    const model = await loadModel(path, options, { runtime, llama });
    return await withContext(options, { ...libraries, llama, model });
  } catch (thrown) {
    options.signal.throwIfAborted();
    const reported = { text: [errorChain(thrown), ...complaints.slice(-LINES_REPORTED)].join(': '), cause: thrown };
    throw thrown instanceof runtime.InsufficientMemoryError ? outOfMemory(reported) : loadFailure(reported, GGUF);
  }
}

interface Loaded extends Libraries {
  readonly llama: nodeLlama.Llama;
  readonly model: nodeLlama.LlamaModel;
}

async function withContext(options: OpenOptions, loaded: Loaded): Promise<ChatModel> {
  const { runtime, render, llama, model } = loaded;
  const contextSize = Math.min(options.contextSize, model.trainContextSize || Infinity); // 0 where the model does not say
  const ranOn = llama.gpu !== false && model.gpuLayers > 0 ? llama.gpu : 'cpu';
  const portion = Math.min(contextSize, PORTION[options.lean ? 'lean' : ranOn === 'cpu' ? 'cpu' : 'gpu']);
  const context = await createContext(loaded, { contextSize, batchSize: portion, createSignal: options.signal });
  const sequence = context.getSequence();
  const { bos, bosString, eosString, shouldPrependBosToken } = model.tokens;
  // Elsewhere a token at the start of a text loses its blank, so the library has to see what it comes after.
  const standsAlone = model.vocabularyType === runtime.LlamaVocabularyType.bpe;
  const tokenize = (text: string, special: boolean): readonly number[] =>
    (standsAlone ? piecesOf(text) : [text]).flatMap((piece) => model.tokenize(piece, special).map(Number));
  return {
    ranOn,
    template: { source: model.fileInfo.metadata.tokenizer.chat_template, bos: bosString ?? '', eos: eosString ?? '' },
    wantsBos: shouldPrependBosToken && bos !== null,
    contextSize: Math.min(contextSize, context.contextSize), // the library rounds up
    render,
    // Other vocabularies know no words, and put a blank before each text.
    tokenize: (text) => tokenize(text, true),
    tokenizePlain: (text) => tokenize(text, false),
    withEnds: (tokens) => withEnds(tokens, loaded),
    embeddedTokens: maxEmbedded(model),
    embed: (texts, signal) => embed(texts, { ...loaded, signal }),
    textOf: (tokens, before) => model.detokenize(asTokens(tokens), false, standsAlone ? [] : asTokens(before)),
    isEnd: (token) => asTokens([token]).some((one) => model.isEogToken(one)),
    generate: (prompt, sampling, onRead) =>
      generate(asTokens(prompt), { ...loaded, sequence, portion, sampling, onRead }),
    [Symbol.asyncDispose]: async () => {
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

const createContext = (
  { llama, model }: Loaded,
  sizes: Pick<nodeLlama.LlamaContextOptions, 'contextSize' | 'batchSize' | 'createSignal'>,
): Promise<nodeLlama.LlamaContext> =>
  model.createContext({
    ...sizes,
    threads: threadsFor(llama.cpuMathCores, availableParallelism()),
    failedCreationRemedy: false, // a smaller context than the model's would cut the prompt
  });

interface Generation extends Loaded {
  readonly sequence: nodeLlama.LlamaContextSequence;
  readonly portion: number;
  readonly sampling: Sampling;
  readonly onRead: (tokens: number) => void;
}

async function* generate(prompt: readonly nodeLlama.Token[], generation: Generation): AsyncGenerator<number> {
  const { runtime, llama, model, sequence, portion, onRead } = generation;
  const { temperature, topP, seed, grammar } = generation.sampling;
  try {
    const state =
      grammar === undefined
        ? undefined
        : new runtime.LlamaGrammarEvaluationState({ model, grammar: await llama.createGrammar({ grammar }) });
    let at = await keepShared(sequence, prompt);
    // All but the last portion, so that each is reported; the last one goes with the first token.
    for (onRead(at); prompt.length - at > portion; onRead(at)) {
      await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(at, at + portion));
      at += portion;
    }
    yield* sequence.evaluate(prompt.slice(at), {
      temperature: Math.max(temperature, 0),
      topK: 0,
      topP: topP ?? 1,
      seed,
      yieldEogToken: true,
      ...(state && { grammarEvaluationState: state }),
    });
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown; // of who listens
    await sequence.clearHistory().catch(() => {}); // the cause is on its way already
    throw runFailure({ text: errorChain(thrown), cause: thrown });
  }
}

/**
 * Forgets what this prompt does not begin with, and resolves with how many of its tokens are in memory already: an
 * answer to a long conversation reads only what is new in it. One token at least is left to read, since the reply
 * grows out of reading it.
 */
async function keepShared(
  sequence: nodeLlama.LlamaContextSequence,
  prompt: readonly nodeLlama.Token[],
): Promise<number> {
  const { firstDifferentIndex } = sequence.compareContextTokens([...prompt]);
  const shared = Math.min(firstDifferentIndex, prompt.length - 1);
  if (shared === sequence.nextTokenIndex) return shared;
  // A model that keeps a summary of what it read cannot forget its end.
  if (shared === 0 || sequence.needsCheckpoints) {
    await sequence.clearHistory();
    return 0;
  }
  await sequence.eraseContextTokenRanges([{ start: shared, end: sequence.nextTokenIndex }]);
  return shared;
}

/** Makes the library find these beside its own: it imports a package for each device, and takes those that are there. */
function addBinaries(folder: string, packageVersion: string): void {
  Bun.plugin({
    name: 'llama-binaries',
    setup: (plugin) => {
      for (const name of readdirSync(folder)) {
        const getBinsDir = () => ({ binsDir: join(folder, name, 'bins'), packageVersion });
        plugin.module(`@node-llama-cpp/${name}`, () => ({ loader: 'object', exports: { getBinsDir } }));
      }
    },
  });
}

// The library brands its tokens, which are numbers all the same.
const asTokens = (tokens: readonly number[]): nodeLlama.Token[] => tokens.map((token) => token as nodeLlama.Token);

/** On Macs the one binary there is runs on both devices; elsewhere the CPU has one of its own. */
const isAppleSilicon = process.platform === 'darwin' && process.arch === 'arm64';

async function startLlama(
  { runtime, folder }: Libraries,
  { gpu }: Pick<OpenOptions, 'gpu'>,
  onComplaint: (message: string) => void,
): Promise<nodeLlama.Llama> {
  try {
    return await runtime.getLlama({
      build: 'never',
      gpu: gpu === 'auto' || isAppleSilicon ? 'auto' : false,
      logLevel: runtime.LlamaLogLevel.error,
      logger: (_level, message) => {
        onComplaint(message.trim());
        process.stderr.write(`${message.trim()}\n`);
      },
      progressLogs: false,
      skipDownload: true,
      vramPadding: paddingFor,
    });
  } catch (thrown) {
    throw libraryFailure('llama.cpp', thrown, folder);
  }
}

async function loadModel(
  modelPath: string,
  { contextSize, gpu, lean, signal, progress }: OpenOptions,
  { runtime, llama }: { readonly runtime: Runtime; readonly llama: nodeLlama.Llama },
): Promise<nodeLlama.LlamaModel> {
  const layers = async (): Promise<number> =>
    (await runtime.GgufInsights.from(await runtime.readGgufFileInfo(modelPath), llama)).totalLayers;
  const half = lean && gpu === 'auto' ? { max: Math.floor((await layers()) / 2) } : {};
  return await llama.loadModel({
    modelPath,
    gpuLayers: gpu === 'auto' ? { ...half, fitContext: { contextSize } } : 0,
    loadSignal: signal,
    onLoadProgress: (done) => progress(Math.round(done * 100), 100),
  });
}

/** The last lines of the library's log say what went wrong, its error only that something did. */
const LINES_REPORTED = 2;

interface Libraries {
  /** Where the executable unpacked them to; undefined in a checkout. */
  readonly folder: string | undefined;
  readonly runtime: Runtime;
  readonly render: ChatModel['render'];
}

async function loadRuntime(native: Pick<NativeCache, 'unpack'>): Promise<Libraries> {
  const folder = await native.unpack('llama');
  try {
    const [runtime, render] = await Promise.all([import('node-llama-cpp'), loadRenderer()]);
    return { runtime, render, folder };
  } catch (thrown) {
    throw libraryFailure('llama.cpp', thrown, folder);
  }
}

/**
 * What an executable does when the library starts it to try a binary before it loads it, since one that does not fit
 * the machine ends the process. The library answers by itself once it is there.
 */
export async function tryBinaries(native: Pick<NativeCache, 'unpack'>): Promise<void> {
  await loadRuntime(native);
}

/** Whether a checkout has the runtime, and its binary for this system, which is a package of its own. Nothing is loaded. */
export function llamaInstalled(): boolean {
  const { arch, platform } = process;
  const system = platform === 'darwin' ? 'mac' : platform === 'win32' ? 'win' : platform;
  try {
    import.meta.resolve('node-llama-cpp');
    return import.meta.resolve(`@node-llama-cpp/${system}-${arch}${isAppleSilicon ? '-metal' : ''}`) !== '';
  } catch {
    return false; // one of them is not there
  }
}
