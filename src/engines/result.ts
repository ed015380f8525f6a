import type { JsonValue } from '../base/json.ts';

/** What an engine returned. */
export type TaskResult =
  | { readonly is: 'json'; readonly value: JsonValue }
  | { readonly is: 'artifact'; readonly bytes: Uint8Array; readonly ext: string };

/**
 * A piece of a result while it is made. The texts since the last `restart` are the beginning of the final text, and all
 * of it at the end; a `restart` takes back everything before it. A preview stands for the whole image until the next.
 */
export type TaskDelta =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'preview'; readonly bytes: Uint8Array; readonly ext: string }
  | { readonly is: 'restart' };
