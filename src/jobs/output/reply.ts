import type { JsonValue } from '../../base/json.ts';
import { readChatCompletion, readTranscript } from '../../contract/results.ts';
import { bad, GOOD, type Look } from './look.ts';

/** Looks at a chat completion: its shape, its text, and the JSON in it when the task has a schema. */
export async function lookAtReply(
  value: JsonValue,
  schema: unknown,
  lookAtJson: (text: string, schema: unknown) => Promise<Look>,
): Promise<Look> {
  const reply = readChatCompletion(value);
  if (reply.is === 'unreadable') return bad(`the reply is no chat completion: ${reply.problem}`);
  const [choice] = reply.value.choices;
  const content = choice?.message.content ?? '';
  if (!content.isWellFormed()) return bad('the reply holds half a character');
  if (schema === undefined) return GOOD;
  const look = await lookAtJson(content, schema);
  // Half a value is no JSON, but that is not what went wrong.
  return look.is === 'bad' && choice?.finish_reason === 'length'
    ? bad('the reply came to its limit of tokens before its JSON was whole')
    : look;
}

/** Looks at a transcript: its shape and its text. Silence has an empty one. */
export function lookAtTranscript(value: JsonValue): Look {
  const transcript = readTranscript(value);
  if (transcript.is === 'unreadable') return bad(`the result is no transcript: ${transcript.problem}`);
  return transcript.value.text.isWellFormed() ? GOOD : bad('the transcript holds half a character');
}
