import { unlessAborted } from '../base/abort.ts';
import { WorkerError } from '../base/errors.ts';
import type { TaskResult } from '../engines/engine.ts';
import type { Logger } from '../log/logger.ts';
import type { Images } from '../system/native/images.ts';
import type { Job } from './job.ts';
import { lookAtClip } from './output/clip.ts';
import { bad, type Look } from './output/look.ts';
import { lookAtPicture } from './output/picture.ts';
import { lookAtReply, lookAtTranscript } from './output/reply.ts';
import type { CheckSchema } from './output/schema-check.ts';
import { lookAtSound } from './output/sound.ts';

/** What becomes of a result that is not what the task asked for. */
export type OutputPolicy = 'reject' | 'flag' | 'off';

export interface OutputCheckOptions {
  readonly images: Pick<Images, 'probe' | 'decode'>;
  readonly checkSchema: CheckSchema;
  /** Read anew for each result. */
  readonly policy: () => OutputPolicy;
}

/** Looks at a result before it is delivered. */
export interface OutputCheck {
  /**
   * @throws WorkerError `result.rejected` with what was seen | `task.invalid` when its schema takes too long to check; rejects with the signal's reason on abort
   */
  check(job: Job, result: TaskResult, about: { readonly log: Logger; readonly signal: AbortSignal }): Promise<void>;
}

/** A check that decodes what an engine returned and holds it against its task. */
export function createOutputCheck({ policy, ...eyes }: OutputCheckOptions): OutputCheck {
  return {
    async check(job, result, { log, signal }) {
      const now = policy();
      if (now === 'off') return;
      const look = await unlessAborted(lookAt(job, result, { ...eyes, signal }), signal);
      if (look.is === 'unseen') log.debug('result.unchecked', { because: look.because });
      if (look.is !== 'bad') return;
      if (now === 'flag') return log.warn('result.flagged', { kind: job.task.kind, seen: look.seen });
      throw new WorkerError(
        'result.rejected',
        `the ${job.source.engine} engine's result is not delivered: ${look.seen}`,
        {
          hint: 'Set `output_check = "flag"` in the config to deliver such results all the same.',
        },
      );
    },
  };
}

interface Eyes extends Omit<OutputCheckOptions, 'policy'> {
  readonly signal: AbortSignal;
}

/** Resolves with what was seen. The order of the looks within a kind is from the cheapest to the dearest. */
async function lookAt(job: Job, result: TaskResult, { images, checkSchema, signal }: Eyes): Promise<Look> {
  const { task, source } = job;
  const mayBeFlat = asksForNothing(job);
  if (result.is === 'json') {
    // The synthetic reply is fixed by the studio contract, whatever schema comes with the chat.
    const schema = task.kind === 'llm' && source.engine !== 'synthetic' ? task.jsonSchema : undefined;
    return task.kind === 'llm'
      ? await lookAtReply(result.value, schema, (text, its) => checkSchema(text, its, signal))
      : lookAtTranscript(result.value);
  }
  const { bytes } = result;
  if (bytes.byteLength === 0) return bad('the file is empty');
  switch (task.kind) {
    case 'image':
      return await lookAtPicture(bytes, { width: task.width, height: task.height, mayBeFlat }, images);
    case 'video':
      return await lookAtClip(bytes, { ...task, fps: task.fps, mayBeFlat }, images);
    case 'audio_tts':
      return lookAtSound(bytes, { maySilent: mayBeFlat });
    case 'audio_stt':
    case 'llm':
      return bad('the result is a file'); // unreachable: a result of the wrong shape failed before
    default:
      return task satisfies never;
  }
}

/** Words for a surface with nothing on it, where an empty picture is the right one. */
const EMPTY = /\b(?:blank|empty|plain|solid|flat|uniform|monochrome|single[- ]colou?r|all[- ](?:black|white))\b/i;
const SPOKEN = /[\p{L}\p{N}]/u;

/** Whether the task itself may have an empty answer: a flat picture, or a text without a word in it to be spoken. */
function asksForNothing({ task, source }: Pick<Job, 'task' | 'source'>): boolean {
  // Removal paints what is under a mask like its surroundings: a logo taken off a white page leaves a white page.
  if (task.kind === 'image' && source.engine === 'onnx') return true;
  if (task.kind === 'image' || task.kind === 'video') return EMPTY.test(task.prompt);
  return task.kind === 'audio_tts' && !SPOKEN.test(task.text);
}
