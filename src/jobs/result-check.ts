import { unlessAborted } from '../base/abort.ts';
import { WorkerError } from '../base/errors.ts';
import type { EngineName } from '../contract/model-source.ts';
import { drawnSize } from '../contract/tasks/image.ts';
import type { TaskOf } from '../contract/tasks/index.ts';
import type { TaskResult } from '../engines/result.ts';
import type { Logger } from '../log/logger.ts';
import type { Images } from '../system/native/images.ts';
import type { Job } from './job.ts';
import { bad, type CheckFinding, GOOD } from './results/check-finding.ts';
import { misnamed } from './results/file-type.ts';
import { checkReply, checkTranscript } from './results/reply.ts';
import type { CheckSchema } from './results/schema-check.ts';
import type { PixelSize } from './results/size.ts';

/** What to do with a result that is not what the task asked for: fail the job, deliver it with a warning, or not check. */
export type ResultPolicy = 'reject' | 'flag' | 'off';

export interface ResultCheckOptions {
  readonly images: Pick<Images, 'probe' | 'decode'>;
  readonly checkSchema: CheckSchema;
  /** Read anew for each result. */
  readonly policy: () => ResultPolicy;
}

/** Checks a result before it is delivered. */
export interface ResultCheck {
  /**
   * @throws WorkerError `result.rejected` with the problem | `task.invalid` when its schema takes too long to check; the
   *   signal's reason
   */
  check(job: Job, result: TaskResult, about: { readonly log: Logger; readonly signal: AbortSignal }): Promise<void>;
}

/** A check that decodes what an engine returned and compares it with its task. */
export function createResultCheck({ policy, ...tools }: ResultCheckOptions): ResultCheck {
  return {
    async check(job, result, { log, signal }) {
      const now = policy();
      if (now === 'off') return;
      const found = await unlessAborted(checkResult(job, result, { ...tools, signal }), signal);
      if (found.is === 'unchecked') log.debug('result.unchecked', { because: found.because });
      if (found.is !== 'bad') return;
      if (now === 'flag') return log.warn('result.flagged', { kind: job.task.kind, problem: found.problem });
      throw new WorkerError(
        'result.rejected',
        `the ${job.source.engine} engine's result is not delivered: ${found.problem}`,
        {
          hint: 'Set `output_check = "flag"` in the config to deliver such results all the same.',
        },
      );
    },
  };
}

interface CheckTools extends Omit<ResultCheckOptions, 'policy'> {
  readonly signal: AbortSignal;
}

/** Within a kind, the cheapest check comes first. */
async function checkResult(
  job: Job,
  result: TaskResult,
  { images, checkSchema, signal }: CheckTools,
): Promise<CheckFinding> {
  const { task, source } = job;
  const mayBeFlat = asksForNothing(job);
  // Whoever asked for vectors or tokens reads them by their own schema.
  if (task.kind === 'llm' && task.local !== undefined && task.local.is !== 'tools') return GOOD;
  if (result.is === 'json') {
    // The synthetic reply is fixed by the studio contract, whatever schema comes with the chat.
    const schema = task.kind === 'llm' && source.engine !== 'synthetic' ? task.jsonSchema : undefined;
    return task.kind === 'llm'
      ? await checkReply(result.value, schema, (text, its) => checkSchema(text, its, signal))
      : checkTranscript(result.value);
  }
  const { bytes } = result;
  if (bytes.byteLength === 0) return bad('the file is empty');
  const problem = misnamed(bytes, result.ext);
  if (problem !== undefined) return bad(problem);
  // What reads a format is loaded with the first file of its kind: a start would wait for all of them.
  switch (task.kind) {
    case 'image': {
      const { checkImage } = await import('./results/image.ts');
      return await checkImage(bytes, { ...sizeOf(job.source.engine, task), mayBeFlat }, images);
    }
    case 'video': {
      const { checkVideo } = await import('./results/video.ts');
      return await checkVideo(bytes, { ...task, fps: task.fps, mayBeFlat }, images);
    }
    case 'audio_tts':
      return (await import('./results/audio.ts')).checkAudio(bytes, { mayBeSilent: mayBeFlat });
    case 'mesh':
      return (await import('./results/glb.ts')).checkGlb(bytes);
    case 'audio_stt':
    case 'llm':
      return bad('the result is a file'); // unreachable: a result of the wrong shape failed before
    default:
      return task satisfies never;
  }
}

/** A removal keeps the size of its image where the task asks for none. */
const sizeOf = (engine: EngineName, task: TaskOf<'image'>): PixelSize =>
  engine === 'onnx' ? { width: task.width ?? 0, height: task.height ?? 0 } : drawnSize(task);

/** Words for a surface with nothing on it, where an empty image is the right one. */
const EMPTY = /\b(?:blank|empty|plain|solid|flat|uniform|monochrome|single[- ]colou?r|all[- ](?:black|white))\b/i;
const SPOKEN = /[\p{L}\p{N}]/u;

/** Whether the task itself may have an empty answer: a flat image, or a text without a word in it to be spoken. */
function asksForNothing({ task, source }: Pick<Job, 'task' | 'source'>): boolean {
  // Removal paints what is under a mask like its surroundings: a logo taken off a white page leaves a white page.
  if (task.kind === 'image' && source.engine === 'onnx') return true;
  if (task.kind === 'image' || task.kind === 'video') return EMPTY.test(task.prompt);
  return task.kind === 'audio_tts' && !SPOKEN.test(task.text);
}
