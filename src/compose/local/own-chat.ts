import { WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { ChatSettings, LocalChat } from '../../cli/world/chat.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { CHAT_DEFAULTS } from '../../contract/tasks/llm.ts';
import { followed } from '../../engines/deltas.ts';
import type { LoadedModel } from '../../engines/engine.ts';
import { createRegistry } from '../../engines/registry.ts';
import { type Shortage, withLeanRetry } from '../../jobs/lean-retry.ts';
import { readyEngine, withFilesItReads } from '../../jobs/ready-engine.ts';
import { chatReplyOf } from '../../local-api/openai/chat-result.ts';
import { createTextStream } from '../../local-api/openai/text-stream.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { DEFAULT_MAX_TOKENS } from './limits.ts';
import type { OwnModels } from './own-models.ts';

export interface OwnChatParts {
  readonly own: OwnModels;
  readonly effects: Effects;
  readonly settings: ChatSettings;
}

/** Loads a model into a child of this process, and chats with it until it is disposed of. */
export async function openOwnChat(entry: CatalogueEntry, { own, effects, settings }: OwnChatParts): Promise<LocalChat> {
  await using undo = new AsyncDisposableStack();
  const { engines } = realEngines(effects, { log: own.log, config: own.config });
  const model = toModelId(entry.id);
  const engine = await readyEngine({ engine: entry.source.engine, model, kind: 'llm' }, createRegistry(engines));
  const hold = undo.use(own.store.hold());
  const { signal } = new AbortController(); // Ctrl-C ends the process
  const files = await hold.filesFor({ model, source: withFilesItReads(entry.source), onlyPresent: true }, signal);
  const ranOut = (): Shortage => ({}); // nothing measures memory here
  const loaded = undo.use(
    await withLeanRetry((how) => engine.load(files, signal, how), {
      engine,
      device: undefined,
      ranOut,
      log: own.log,
      signal,
    }),
  );
  const held = undo.move();
  return {
    model: entry.id,
    async answer(turns, onText, until) {
      const task: TaskOf<'llm'> = {
        kind: 'llm',
        messages: turns.map(({ role, content }) => ({ role, content })),
        maxTokens: settings.maxTokens ?? DEFAULT_MAX_TOKENS,
        temperature: settings.temperature ?? CHAT_DEFAULTS.temperature,
      };
      return await answer(loaded, task, { onText, signal: until });
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface Answering {
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Text that was shown cannot be taken back, so a reply that does not begin with it is a failure and not shown. */
async function answer(loaded: LoadedModel, task: TaskOf<'llm'>, { onText, signal }: Answering) {
  const stream = createTextStream((text) => Promise.resolve(onText(text)));
  const result = await followed(stream.onDelta, signal, (emit) =>
    loaded.run(task, { signal, progress: () => {}, emit }),
  );
  const { message, finish } = chatReplyOf(result);
  const rest = stream.rest(message.content);
  if (rest === undefined) throw new WorkerError('engine.failed', 'the chat began anew with another answer');
  if (rest !== '') onText(rest);
  return { text: message.content, finish };
}
