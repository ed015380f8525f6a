import { unlessAborted } from '../../base/abort.ts';
import { WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { drawnSize } from '../../contract/tasks/image.ts';
import type { Task, TaskOf } from '../../contract/tasks/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { Images } from '../../system/native/images.ts';
import type { RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import { readChatImageSizes } from '../media/chat-images.ts';
import { imageFormat } from '../media/image-formats.ts';
import { type SyntheticVideoOptions, video } from './video.ts';
import { drawImage, RGB } from './image.ts';
import { sizeOf } from './limits.ts';
import { answerLocal, chatText, contentFor, replyTo } from './llm.ts';
import { cube, type MeshOptions } from './mesh.ts';
import { transcribe } from './stt.ts';
import { speak } from './tts.ts';

export interface SyntheticEngineOptions extends SyntheticVideoOptions, MeshOptions {
  readonly images: Pick<Images, 'encode' | 'encodeAnimation' | 'probe' | 'decode'>;
  /** For letting the event loop run between parts of a drawing. */
  readonly clock: Pick<Clock, 'after'>;
}

/** One task, from its digest to its result. */
export async function runTask(task: Task, options: SyntheticEngineOptions, context: RunContext): Promise<TaskResult> {
  context.signal.throwIfAborted();
  const result = await resultOf(task, options, context);
  context.signal.throwIfAborted();
  return result;
}

function resultOf(task: Task, options: SyntheticEngineOptions, context: RunContext): Promise<TaskResult> | TaskResult {
  const { sha256 } = options;
  switch (task.kind) {
    case 'image':
      return image(task, options, context);
    case 'video':
      return video(task, options, { context, breathe: breather(options.clock, context.signal) });
    case 'llm':
      return chat(task, options, context);
    case 'audio_stt':
      return { is: 'json', value: transcribe(task, sha256(task.inputUrl)) };
    case 'audio_tts':
      return { is: 'artifact', bytes: speak(sha256(task.text)), ext: 'wav' };
    case 'mesh':
      return cube(task, options, {
        signal: context.signal,
        breathe: breather(options.clock, context.signal),
      });
    default:
      return refuse(task);
  }
}

async function chat(
  task: TaskOf<'llm'>,
  options: SyntheticEngineOptions,
  { emit, signal }: RunContext,
): Promise<TaskResult> {
  if (task.local !== undefined) return { is: 'json', value: answerLocal(task.local, options.sha256) };
  const text = chatText(task);
  const images = await readChatImageSizes(task.images ?? [], options, signal);
  const content = contentFor(options.sha256(text), images);
  emit({ is: 'text', text: content });
  return { is: 'json', value: replyTo(text, content) };
}

/** A kind that the contract has and this engine has not: unreachable until the contract grows. */
function refuse(task: never): never {
  const { kind } = task as Task;
  throw new WorkerError('task.unsupported', `synthetic engine cannot serve ${kind} tasks`, {
    hint: `Create the job with a model whose engine serves ${kind}.`,
  });
}

async function image(
  task: TaskOf<'image'>,
  { sha256, images, clock }: SyntheticEngineOptions,
  { signal, progress }: RunContext,
): Promise<TaskResult> {
  const size = sizeOf(drawnSize(task));
  const { ext, format } = imageFormat(task.ext);
  const pixels = await drawImage(sha256(task.prompt), size, breather(clock, signal));
  const encoding = images.encode({ ...size, pixels, channels: RGB, format });
  const bytes = await unlessAborted(encoding, signal);
  progress(1, 1);
  return { is: 'artifact', bytes, ext };
}

/** Lets everything else run, then continues unless the job was cancelled. */
const breather = (clock: Pick<Clock, 'after'>, signal: AbortSignal) => async (): Promise<void> => {
  await pause(clock, 0);
  signal.throwIfAborted();
};
