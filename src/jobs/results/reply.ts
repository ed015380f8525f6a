import type { JsonValue } from '../../base/json.ts';
import { readChatCompletion, readTranscript } from '../../contract/results.ts';
import { bad, type CheckFinding, GOOD } from './check-finding.ts';

/** Checks a chat completion: its shape, its text, and the JSON in it when the task has a schema. */
export async function checkReply(
  value: JsonValue,
  schema: unknown,
  checkJson: (text: string, schema: unknown) => Promise<CheckFinding>,
): Promise<CheckFinding> {
  const reply = readChatCompletion(value);
  if (reply.is === 'unreadable') return bad(`the reply is not a chat completion: ${reply.problem}`);
  const [choice] = reply.value.choices;
  const content = choice?.message.content ?? '';
  if (!content.isWellFormed()) return bad('the reply is invalid UTF-16: unpaired surrogate');
  if (schema === undefined) return GOOD;
  const result = await checkJson(content, schema);
  // Half a value is invalid JSON, but that is not what went wrong.
  return result.is === 'bad' && choice?.finish_reason === 'length'
    ? bad('the reply reached its token limit before its JSON was complete')
    : result;
}

/** Checks a transcript: its shape and its text. Silence has an empty one. */
export function checkTranscript(value: JsonValue): CheckFinding {
  const transcript = readTranscript(value);
  if (transcript.is === 'unreadable') return bad(`the result is not a transcript: ${transcript.problem}`);
  return transcript.value.text.isWellFormed() ? GOOD : bad('the transcript is invalid UTF-16: unpaired surrogate');
}
