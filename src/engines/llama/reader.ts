import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Inputs } from '../host/inner.ts';
import type { ChatModel, Device, Sampling } from './port.ts';
import { piecesOf } from './pieces.ts';
import { promptOf, promptTextOf, type Rendering } from './prompt.ts';
import { createDecoder } from './reply.ts';
import { withMarkers } from './vision/markers.ts';
import type { VisionModel } from './vision/port.ts';
import type { ReplyInProgress, Written } from './writing.ts';

/** A loaded model, whichever library holds it. */
export interface Reader extends AsyncDisposable {
  readonly ranOn: Device;
  readonly contextSize: number;
  read(task: TaskOf<'llm'>, inputs: Inputs, rendering: Rendering): Promise<ReadPrompt>;
  /** What else can be asked of it; undefined where its library offers nothing but chats. */
  readonly texts: Pick<ChatModel, 'tokenizePlain' | 'withEnds' | 'embeddedTokens' | 'embed'> | undefined;
}

/** A chat that is ready to be answered. */
export interface ReadPrompt {
  readonly tokens: number;
  /** Whether the reply begins inside a thought. */
  readonly opensReasoning: boolean;
  write(options: Writing): Promise<Written>;
}

export interface Writing {
  readonly reply: ReplyInProgress;
  readonly budget: number;
  readonly stops: readonly string[];
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
}

/** A model that reads text. */
export const readerOf = (model: ChatModel): Reader => ({
  ranOn: model.ranOn,
  contextSize: model.contextSize,
  texts: model,
  read: (task, _inputs, rendering) => {
    const { tokens, opensReasoning } = promptOf(task, model, rendering);
    return Promise.resolve({
      tokens: tokens.length,
      opensReasoning,
      write: (writing: Writing) => writeTokens(model, tokens, writing),
    });
  },
  [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
});

async function writeTokens(
  model: ChatModel,
  prompt: readonly number[],
  { reply, budget, sampling, signal }: Writing,
): Promise<Written> {
  const decoder = createDecoder((tokens, before) => model.textOf(tokens, before));
  let written = 0;
  const done = (finish: Written['finish']): Written => {
    reply.push(decoder.rest(), written);
    return reply.end(written, finish);
  };
  const onRead = (tokens: number): void => {
    signal.throwIfAborted();
    reply.read(tokens);
  };
  for await (const token of model.generate(prompt, sampling, onRead)) {
    signal.throwIfAborted();
    if (model.isEnd(token)) return done('stop');
    written += 1;
    if (reply.push(decoder.push(token), written)) return done('stop');
    if (written >= budget) return done('length');
  }
  return done('stop');
}

/** A model that reads images too, which come as the inputs of a run. */
export const visionReaderOf = (model: VisionModel): Reader => ({
  ranOn: model.ranOn,
  contextSize: model.contextSize,
  texts: undefined,
  read: async (task, inputs, rendering) => {
    const images = [...inputs.values()];
    const { text, opensReasoning } = promptTextOf(withMarkers(task, images.length), model, rendering);
    if (piecesOf(text).length > 1) throw unbroken();
    const prompt = { text, images };
    const tokens = await model.count(prompt);
    return {
      tokens,
      opensReasoning,
      write: async ({ reply, ...how }) => {
        let pieces = 0;
        let received = 0;
        const onPiece = (piece: string): void => {
          if (pieces === 0) reply.read(tokens);
          pieces += 1;
          received += piece.length;
          reply.push(piece, pieces);
        };
        const done = await model.write(prompt, { ...how, onPiece });
        reply.push(done.text.slice(received), done.tokens);
        return reply.end(done.tokens, done.finish);
      },
    };
  },
  [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
});

/** This library takes its prompt in one piece; see `pieces.ts`. */
const unbroken = (): WorkerError =>
  new WorkerError('task.invalid', 'the chat has thousands of characters in a row without a break between words', {
    hint: 'Shorten the run: a model that reads images cannot read it.',
  });
