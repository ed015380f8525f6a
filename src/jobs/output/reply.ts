import type { JsonValue } from '../../base/json.ts';
import { readChatCompletion, readTranscript } from '../../contract/results.ts';
import { bad, GOOD, type Look } from './look.ts';
import { lookAtJson } from './schema.ts';

/** Looks at a chat completion: its shape, its text, and the JSON in it when the task has a schema. */
export function lookAtReply(value: JsonValue, schema: unknown): Look {
  const reply = readChatCompletion(value);
  if (reply.is === 'unreadable') return bad(`the reply is no chat completion: ${reply.problem}`);
  const content = reply.value.choices[0]?.message.content ?? '';
  if (!content.isWellFormed()) return bad('the reply holds half a character');
  return schema === undefined ? GOOD : lookAtJson(content, schema);
}

/** Looks at a transcript: its shape and its text. Silence has an empty one. */
export function lookAtTranscript(value: JsonValue): Look {
  const transcript = readTranscript(value);
  if (transcript.is === 'unreadable') return bad(`the result is no transcript: ${transcript.problem}`);
  return transcript.value.text.isWellFormed() ? GOOD : bad('the transcript holds half a character');
}
