import { WorkerError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import type { ChatChoice, ChatTurn, LocalChat } from '../../cli/world/chat.ts';
import type { KnownModel } from '../../cli/world/pulls.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { ApiClient } from '../../local-api/client/client.ts';
import { readChatChunk } from '../../local-api/contract/openai/chunks.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { DEFAULT_MAX_TOKENS } from './limits.ts';
import { openOwnChat } from './own-chat.ts';
import { openOwnModels } from './own-models.ts';
import { openPulls } from './pulls.ts';
import { byWorkerOr, workerApi } from './worker-api.ts';

/**
 * A model to chat with. Where a worker runs it answers, one job after the other; where none does, this process holds the
 * model itself, and no studio hears of it.
 *
 * @throws WorkerError `model.not-found` | `task.unsupported`; what loading throws
 */
export async function openChat(choice: ChatChoice, effects: Effects): Promise<LocalChat> {
  const configPath = await configPathOf(choice.configPath, effects);
  const api = workerApi(configPath, effects);
  const pulls = await openPulls(choice.configPath, effects);
  const entry = assertChats(choice.model, await pulls.known());
  const inWorker = async (): Promise<LocalChat> => {
    await api.call('healthz');
    return chatInWorker(api, entry, choice);
  };
  return await byWorkerOr(inWorker(), async () => {
    const own = await openOwnModels(choice.configPath, effects);
    return await openOwnChat(entry, { own, effects, settings: choice.settings });
  });
}

/** The model of this id, which is here and answers chats. */
function assertChats(id: string, known: readonly KnownModel[]): CatalogueEntry {
  const chats = known.filter(({ entry }) => entry.kind === 'llm' && entry.enabled);
  const found = known.find(({ entry }) => entry.id === id);
  if (found === undefined) throw unknown(id, chats);
  const { entry, isHere } = found;
  if (entry.kind !== 'llm') {
    throw new WorkerError('task.unsupported', `${id} is a model for ${entry.kind}, not for chats`);
  }
  if (!entry.enabled) {
    throw new WorkerError('local.unfit', `${id} is turned off in the catalogue`, {
      hint: 'Turn it on in the window (`studio-worker ui`), or chat with another model.',
    });
  }
  if (isHere) return entry;
  throw new WorkerError('model.not-found', `${id} is not on this disk`, {
    hint: `Download it with \`studio-worker models pull ${id}\`.`,
  });
}

function unknown(id: string, chats: readonly KnownModel[]): WorkerError {
  const ids = chats.map(({ entry }) => entry.id);
  const here = chats.filter(({ isHere }) => isHere).map(({ entry }) => entry.id);
  const meant = suggest(id, ids);
  return new WorkerError('model.not-found', `no model ${id} is in the catalogue`, {
    hint:
      meant === undefined
        ? here.length === 0
          ? `Download one first, such as \`studio-worker models pull ${ids[0] ?? '<url>'}\`.`
          : `On this disk are ${here.join(', ')}.`
        : `Did you mean ${meant}?`,
  });
}

function chatInWorker(api: ApiClient, { id }: CatalogueEntry, { settings }: ChatChoice): LocalChat {
  return {
    model: id,
    async answer(turns, onText, signal) {
      let text = '';
      let finish: string | undefined;
      const body = requestOf(id, turns, settings);
      for await (const { data } of api.events('chatCompletions', { body, signal })) {
        const chunk = readChatChunk(data);
        if (chunk.is === 'failed') throw new WorkerError('engine.failed', chunk.message);
        if (chunk.is === 'ended') break;
        finish = chunk.finish ?? finish;
        if (chunk.text === '') continue;
        text += chunk.text;
        onText(chunk.text);
      }
      signal.throwIfAborted();
      if (finish === undefined) throw ENDED;
      return { text, finish };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const ENDED = new WorkerError('worker.unresponsive', 'the worker ended within the answer', {
  hint: 'Read its log; start it again, or chat without it.',
});

const requestOf = (model: string, turns: readonly ChatTurn[], { maxTokens, temperature }: ChatChoice['settings']) => ({
  model,
  messages: turns.map(({ role, content }) => ({ role, content })),
  stream: true,
  max_completion_tokens: maxTokens ?? DEFAULT_MAX_TOKENS,
  ...(temperature === undefined ? {} : { temperature }),
});
