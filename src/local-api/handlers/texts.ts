import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import { runAsked } from '../openai/ask.ts';
import { embeddingsOf, localTaskOf, textsOf, tokensOf } from '../openai/embeddings.ts';
import { modelFor } from '../openai/model-for.ts';
import { knownModels, type LocalJobParts } from './one-off.ts';

/** What is asked of models for texts beside chats. */
export function textHandlers(parts: LocalJobParts): Pick<Handlers, 'embeddings' | 'tokenize'> {
  const known = knownModels(parts);
  const { local } = parts;
  return {
    async embeddings({ body, request: { signal } }) {
      const entry = await modelFor(body.model, 'llm', known);
      const texts = textsOf(body);
      const task = localTaskOf({ is: 'vectors', texts: [...texts] }, texts.join('\n'));
      const { result } = await runAsked({ entry, task }, { signal }, local);
      return jsonReply(embeddingsOf(body, entry.id, result));
    },
    async tokenize({ body: { content, model, add_special: withEnds }, request: { signal } }) {
      const entry = await modelFor(model, 'llm', known);
      if (!known.inMemory().has(entry.id) && entry.source.engine !== 'synthetic') {
        throw new ApiFailure(409, 'model_not_loaded', `${entry.id} is not in memory; load it first`);
      }
      const task = localTaskOf({ is: 'tokens', text: content, withEnds: withEnds === true }, content);
      const { result } = await runAsked({ entry, task }, { signal }, local);
      return jsonReply({ tokens: tokensOf(result) });
    },
  };
}
