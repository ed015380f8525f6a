import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorChain, WorkerError } from '../../../base/errors.ts';
import type { Images } from '../../../system/native/images.ts';
import type { NativeCache } from '../../../system/native/native-cache.ts';
import { libraryFailure, loadFailure, runFailure } from '../../failures.ts';
import { isOutOfMemory } from '../../out-of-memory.ts';
import { loadRenderer } from '../templates/binding.ts';
import { threadsFor } from '../threads.ts';
import type { Written } from '../writing.ts';
import { MARKER, tokensOfGrid } from './markers.ts';
import {
  type Addon,
  architectureFact,
  assertRoles,
  type GgufFacts,
  LISTS,
  type NativeContext,
  numberOf,
  placesInGrid,
  projectorError,
} from './native.ts';
import type { OpenVisionOptions, VisionModel, VisionPrompt, VisionReplyOptions } from './port.ts';
import { visionDeviceOf, samplerOf, visionSettingsOf, writtenBy } from './settings.ts';

/*
 * The only file that knows this library, as `../binding.ts` is of the one for texts: two libraries, because that one reads
 * no images. What it does not tell (how it begins a prompt, what an image takes of the context) is found out by asking it.
 */

const PERCENT = 100;

export interface VisionTools {
  readonly native: Pick<NativeCache, 'unpack'>;
  readonly images: Pick<Images, 'probe'>;
}

/**
 * Loads a GGUF and its vision projector on the requested device. The library loads in one go, so nobody can end it
 * but with its process, and it ends its process itself when it cannot load the model.
 *
 * @throws WorkerError `native.unavailable` | `model.unusable`
 */
export async function openVisionModel(
  path: string,
  options: OpenVisionOptions,
  { native, images }: VisionTools,
): Promise<VisionModel> {
  const { render, addon } = await loadRuntime(native, options.binariesFolder);
  const pair = { model: await factsOf(addon, path), projector: await factsOf(addon, options.projector) };
  const names = { model: basename(path), projector: basename(options.projector) };
  assertRoles(pair, names);
  const contextSize = Math.min(options.contextSize, architectureFact(pair.model, 'context_length') || Infinity);
  const threads = threadsFor(availableParallelism(), availableParallelism());
  const context = new addon.LlamaContext(
    visionSettingsOf(path, options, { facts: pair.model, contextSize, threads }),
    (percent) => options.progress(percent, PERCENT),
  );
  const ranOn = visionDeviceOf(context.getUsedDevices());
  try {
    context.initMultimodal({ path: options.projector, use_gpu: ranOn !== 'cpu' && !options.lean });
    if (!context.getMultimodalSupport().vision) throw projectorError(pair, names);
  } catch (thrown) {
    await context.release();
    throw thrown instanceof WorkerError ? thrown : projectorError(pair, names);
  }
  return {
    ranOn,
    contextSize,
    render,
    ...(await reading(context, pair.model, { addon, images })),
    [Symbol.asyncDispose]: () => context.release(),
  };
}

interface Reading extends Pick<VisionTools, 'images'> {
  readonly addon: Addon;
}

/** What depends on how the model turns a chat into tokens. */
async function reading(context: NativeContext, facts: GgufFacts, { addon, images }: Reading) {
  const idOf = (name: string): number | undefined => numberOf(facts[`tokenizer.ggml.${name}_token_id`]);
  const special = async (name: string): Promise<string> => {
    const id = idOf(name);
    return id === undefined ? '' : await context.detokenize([id]);
  };
  const bos = await special('bos');
  const addsFirst = await addsFirstToken(context, idOf('bos'));
  const inGrid = placesInGrid(facts);
  // The library adds the first token by itself.
  const asRead = ({ text }: VisionPrompt): string =>
    addsFirst && bos !== '' && text.startsWith(bos) ? text.slice(bos.length) : text;
  const count = async (prompt: VisionPrompt): Promise<number> => {
    const read = await context.tokenize(asRead(prompt), prompt.images.map(dataUrl));
    // Beside images it shows the first token.
    const places = read.tokens.length + (addsFirst && prompt.images.length === 0 ? 1 : 0);
    return inGrid ? places + (await moreInGrid(read, prompt.images, images)) : places;
  };
  return {
    template: { source: templateOf(facts), bos, eos: await special('eos') },
    count,
    write: (prompt: VisionPrompt, options: VisionReplyOptions) =>
      write(context, { ...prompt, text: asRead(prompt) }, { ...options, addon }),
  };
}

const templateOf = ({ 'tokenizer.chat_template': source }: GgufFacts): string | undefined =>
  source === undefined ? undefined : String(source);

async function factsOf(addon: Addon, path: string): Promise<GgufFacts> {
  const facts = await addon.LlamaContext.loadModelInfo(path, LISTS);
  if (facts?.['general.architecture'] !== undefined) return facts;
  throw loadFailure(
    { text: `${basename(path)} has no readable header` },
    { format: 'GGUF', hint: 'Offer the model with files that are whole .gguf files.' },
  );
}

/** A white square, 64 pixels wide (PNG). */
const SAMPLE =
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAAA1BMVEX///+nxBvIAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAD0lEQVQoz2NgGAWjgHwAAAJAAAGMxat3AAAAAElFTkSuQmCC';

/** The library puts the first token before a prompt by rules of its own, and shows it only in a prompt with an image. */
async function addsFirstToken(context: NativeContext, bos: number | undefined): Promise<boolean> {
  const { tokens } = await context.tokenize(`a${MARKER}`, [`data:image/png;base64,${SAMPLE}`]);
  return bos !== undefined && tokens[0] === bos;
}

const dataUrl = (image: Uint8Array): string => `data:image/png;base64,${image.toBase64()}`;

/** What the images of a prompt take beyond the places that the library counts for them. */
async function moreInGrid(
  { tokens, chunk_pos: starts = [], chunk_pos_media: media = [] }: Awaited<ReturnType<NativeContext['tokenize']>>,
  files: readonly Uint8Array[],
  images: Pick<Images, 'probe'>,
): Promise<number> {
  let more = 0;
  for (const [at, start] of media.entries()) {
    const file = files[at];
    if (file === undefined) break; // several parts of one image have one place each
    const end = starts.find((next) => next > start) ?? tokens.length;
    more += tokensOfGrid(end - start, await images.probe(file)) - (end - start);
  }
  return more;
}

interface Writing extends VisionReplyOptions {
  readonly addon: Addon;
}

/** The last lines of the library's log say what went wrong, its error only that something did. */
const LINES_KEPT = 8;

async function write(context: NativeContext, { text, images }: VisionPrompt, writing: Writing): Promise<Written> {
  const { addon, signal, onPiece, budget, stops, sampling } = writing;
  signal.throwIfAborted();
  // What it believes to be in memory may lack the last token of a reply that was cut, so nothing is kept.
  context.clearCache();
  const lines: string[] = [];
  addon.LlamaContext.toggleNativeLog(true, (level, line) => {
    if (level === 'error') lines.splice(0, Math.max(0, lines.push(line.trim()) - LINES_KEPT));
  });
  const cancel = (): void => context.stopCompletion();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const media = images.length === 0 ? {} : { media_paths: images.map(dataUrl) };
    const options = { prompt: text, ...media, n_predict: budget, stop: stops.filter((stop) => stop !== '') };
    const done = await context.completion({ ...options, ...samplerOf(sampling) }, ({ token }) => onPiece(token));
    signal.throwIfAborted();
    return writtenBy(done, images.length > 0);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof WorkerError) throw thrown; // of who listens
    await nextTurn(); // its lines come by way of the event loop
    const reason = lines.find(isOutOfMemory) ?? lines.at(-1);
    throw runFailure({
      text: [errorChain(thrown), ...(reason === undefined ? [] : [reason])].join(': '),
      cause: thrown,
    });
  } finally {
    signal.removeEventListener('abort', cancel);
    addon.LlamaContext.toggleNativeLog(false, () => {});
  }
}

interface Libraries {
  readonly render: VisionModel['render'];
  readonly addon: Addon;
}

const FILE = 'index.node';

async function loadRuntime(
  native: Pick<NativeCache, 'unpack'>,
  binariesFolder: string | undefined,
): Promise<Libraries> {
  const folder = await native.unpack('vision');
  try {
    const render = await loadRenderer();
    const loaded: { exports: Partial<Addon> } = { exports: {} };
    process.dlopen(loaded, packed(binariesFolder) ?? join(folder ?? installedFolder(), FILE));
    const { LlamaContext } = loaded.exports;
    if (LlamaContext === undefined) throw new WorkerError('native.unavailable', 'the file is another library');
    return { render, addon: { LlamaContext } };
  } catch (thrown) {
    throw libraryFailure('llama.cpp for images', thrown, folder);
  }
}

/** The library in a pack, which has a folder for each package. */
const packed = (folder: string | undefined): string | undefined =>
  folder === undefined
    ? undefined
    : readdirSync(folder)
        .map((name) => join(folder, name, FILE))
        .find((path) => existsSync(path));

/** Of the package for this system, beside that of the library in a checkout. */
function installedFolder(): string {
  const entry = Bun.fileURLToPath(import.meta.resolve('@fugood/llama.node'));
  return join(entry, '..', '..', '..', `node-llama-${process.platform}-${process.arch}`);
}

/** Whether a checkout has the library for this system. Nothing is loaded. */
export function visionInstalled(): boolean {
  try {
    return existsSync(join(installedFolder(), FILE));
  } catch {
    return false; // the package is not there at all
  }
}
