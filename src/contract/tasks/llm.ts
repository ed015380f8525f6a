import * as v from 'valibot';
import { absentable, Decimal, U32, U64 } from '../numbers.ts';
import { defineTaskKind } from './kind.ts';
import { urlUnlessInline } from './urls.ts';

/** What a program of this machine asks of a chat model. Our extension: it never comes from a studio. */
const LocalAskSchema = v.variant('is', [
  /** A chat in which the model may call tools: messages with the calls and results in them, and definitions, as templates take them. */
  v.object({
    is: v.literal('tools'),
    messages: v.array(v.record(v.string(), v.unknown())),
    tools: v.array(v.record(v.string(), v.unknown())),
  }),
  /** A vector for each text. */
  v.object({ is: v.literal('vectors'), texts: v.array(v.string()) }),
  /** The numbers that a text is to the model. */
  v.object({ is: v.literal('tokens'), text: v.string(), withEnds: v.boolean() }),
]);

/** Studio contract: what a chat gets that names none. */
export const CHAT_DEFAULTS = { maxTokens: 512, temperature: 0.7 } as const;

/** A chat completion. */
export const llm = defineTaskKind({
  name: 'Chat',
  params: v.object({
    kind: v.literal('llm'),
    messages: v.array(v.object({ role: v.string(), content: v.string() })),
    /** Read with the last user message, in order: absolute URLs, or `data:image/<type>;base64,…`. */
    images: v.optional(v.array(v.string())),
    system: absentable(v.string()),
    maxTokens: v.optional(U32, CHAT_DEFAULTS.maxTokens),
    temperature: v.optional(Decimal, CHAT_DEFAULTS.temperature),
    topP: absentable(Decimal),
    stop: absentable(v.array(v.string())),
    jsonSchema: absentable(v.unknown()),
    /** Our extension: who does not ask for a seed gets the contract's. */
    seed: absentable(U64),
    reasoning: absentable(v.string()),
    chatTemplateKwargs: absentable(v.record(v.string(), v.unknown())),
    local: absentable(LocalAskSchema),
  }),
  resultIs: 'json',
  exts: [],
  prompt: (task) => task.messages.at(-1)?.content ?? '',
  pixels: () => undefined,
  urls: (task) => (task.images ?? []).flatMap((image) => urlUnlessInline('image', image)),
  settings: () => ({}),
});
