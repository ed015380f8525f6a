import type { ChatChoice, LocalChat } from '../../cli/world/chat.ts';
import { answerInWorker } from '../../local-api/client/chat.ts';
import type { ApiClient } from '../../local-api/client/client.ts';
import { modelToChat } from '../../models/catalogue/lookup.ts';
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
  const entry = modelToChat(choice.model, await pulls.known());
  const inWorker = async (): Promise<LocalChat> => {
    await api.call('healthz');
    return chatInWorker(api, entry.id, choice);
  };
  return await byWorkerOr(inWorker(), async () => {
    const own = await openOwnModels(choice.configPath, effects);
    return await openOwnChat(entry, { own, effects, settings: choice.settings });
  });
}

const chatInWorker = (api: ApiClient, model: string, { settings }: ChatChoice): LocalChat => ({
  model,
  answer: (turns, onText, signal) =>
    answerInWorker(
      api,
      { model, turns, maxTokens: settings.maxTokens ?? DEFAULT_MAX_TOKENS, temperature: settings.temperature },
      { onText, signal },
    ),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});
