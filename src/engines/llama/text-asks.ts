import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { TaskResult } from '../result.ts';
import type { Reader } from './reader.ts';

/** What a program of this machine asks of a model beside chats. */
export type TextAsk = Exclude<NonNullable<TaskOf<'llm'>['local']>, { readonly is: 'tools' }>;

/** Undefined for a chat, with or without tools. */
export const textAskOf = ({ local }: TaskOf<'llm'>): TextAsk | undefined =>
  local === undefined || local.is === 'tools' ? undefined : local;

/**
 * Vectors or tokens of texts.
 *
 * @throws WorkerError `task.unsupported` | `task.prompt-too-long`; as `ChatModel.embed`
 */
export async function answerAsk(
  ask: TextAsk,
  { texts: model }: Pick<Reader, 'texts'>,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (done: number, total: number) => void },
): Promise<TaskResult> {
  if (model === undefined) throw onlyChats();
  if (ask.is === 'tokens') {
    const tokens = model.tokenizePlain(ask.text);
    return { is: 'json', value: { tokens: [...(ask.withEnds ? model.withEnds(tokens) : tokens)] } };
  }
  const texts = ask.texts.map((text) => model.withEnds(model.tokenizePlain(text)));
  const tooLong = texts.findIndex(({ length }) => length > model.embeddedTokens);
  if (tooLong >= 0) throw longText(tooLong, texts[tooLong]?.length ?? 0, model.embeddedTokens);
  const vectors: number[][] = [];
  for (const [at, portion] of portionsOf(texts).entries()) {
    vectors.push(...(await model.embed(portion, signal)).map((vector) => Array.from(vector)));
    progress(Math.min(texts.length, (at + 1) * PORTION), texts.length);
  }
  const tokens = texts.reduce((sum, { length }) => sum + length, 0);
  return { is: 'json', value: { vectors, tokens } };
}

/** Texts between two reports: a batch of thousands on a CPU takes longer than a stall may. */
const PORTION = 32;

const portionsOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / PORTION) }, (_, at) => all.slice(at * PORTION, (at + 1) * PORTION));

const onlyChats = (): WorkerError =>
  new WorkerError('task.unsupported', 'a model that reads images gives no vectors and no tokens', {
    hint: 'Ask a model without a vision projector.',
  });

const longText = (at: number, tokens: number, most: number): WorkerError =>
  new WorkerError('task.prompt-too-long', `input[${at}] is ${tokens} tokens, and a vector takes ${most} at most`, {
    hint: 'Split the text into parts, and ask for a vector of each.',
  });
