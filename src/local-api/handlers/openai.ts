import { jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import { answerChat } from '../openai/chat.ts';
import { type KnownModels, modelFor } from '../openai/model-for.ts';
import type { LocalApiDeps } from '../deps.ts';

/** Routes that clients of OpenAI's API speak. */
export function openAiHandlers({
  models,
  local,
  clock,
  loaded,
}: Pick<LocalApiDeps, 'models' | 'local' | 'clock' | 'loaded'>): Pick<Handlers, 'openAiModels' | 'chatCompletions'> {
  const known: KnownModels = {
    list: () => models.catalogue.list(),
    inMemory: () => new Set(loaded().map(({ model }) => model)),
  };
  return {
    openAiModels: () =>
      jsonReply({
        object: 'list',
        data: known
          .list()
          .filter(({ enabled }) => enabled)
          .map(listed),
      }),
    async chatCompletions({ body, request }) {
      const entry = modelFor(body.model, 'llm', known);
      return await answerChat(body, { entry, signal: request.signal }, { local, clock });
    },
  };
}

/** Nobody knows when a model was made; the API's type wants a number. */
const listed = ({ id, origin }: { readonly id: string; readonly origin: string }) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: origin,
});
