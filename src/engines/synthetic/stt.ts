import type { JsonObject } from '../../base/json.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { shortHex } from './llm.ts';

/** A transcript that names the digest of the address. The address itself is never fetched. */
export function transcribe(task: Pick<TaskOf<'audio_stt'>, 'language'>, digest: Uint8Array): JsonObject {
  return {
    text: `[synthetic] transcript of ${shortHex(digest)}`,
    language: task.language ?? 'en',
    duration: 1,
  };
}
