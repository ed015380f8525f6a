import { parseJson } from '../../../contract/json.ts';
import { readChatCompletion, readTranscript } from '../../../contract/results.ts';

/** What a reader wants of a result: the text of a chat's reply or a transcript, and of anything else what is there. */
export function textOfResult(body: string): string {
  const value = jsonIn(body);
  if (value === undefined) return body;
  const chat = readChatCompletion(value);
  if (chat.is === 'read') return chat.value.choices.map(({ message }) => message.content).join('\n\n');
  const transcript = readTranscript(value);
  return transcript.is === 'read' ? transcript.value.text : indented(value);
}

function jsonIn(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined; // not JSON: shown as it is
  }
}

const indented = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one), 2);
