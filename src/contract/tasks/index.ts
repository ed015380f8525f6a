import * as v from 'valibot';
import { audioStt } from './audio-stt.ts';
import { audioTts } from './audio-tts.ts';
import { image } from './image.ts';
import { llm } from './llm.ts';
import { mesh } from './mesh.ts';
import { video } from './video.ts';

/** Every task kind, in the order capability maps use on the wire. */
export const TASK_KINDS = [image, llm, audioStt, audioTts, video, mesh] as const;

/** The wire spelling of a kind is its spelling everywhere. */
export type TaskKindId = (typeof TASK_KINDS)[number]['id'];
export const TASK_KIND_IDS: readonly TaskKindId[] = TASK_KINDS.map((kind) => kind.id);
export const TaskKindIdSchema = v.picklist(TASK_KIND_IDS);

/** What to do, without who asked: tagged by `kind`, params beside the tag. */
export const TaskSchema = v.variant('kind', [
  image.params,
  llm.params,
  audioStt.params,
  audioTts.params,
  video.params,
  mesh.params,
]);
export type Task = v.InferOutput<typeof TaskSchema>;
/** The task of one kind. */
export type TaskOf<Kind extends TaskKindId> = Extract<Task, { readonly kind: Kind }>;

/** How a result of this kind travels: in a frame (`json`) or as an upload (`artifact`). */
export const resultIs = (kind: TaskKindId): 'json' | 'artifact' =>
  TASK_KINDS.find((known) => known.id === kind)?.resultIs ?? 'artifact';

/** The prompt that travels with the result, in full: a shortened one would overwrite the operator's text. */
export function promptOf(task: Task): string {
  switch (task.kind) {
    case 'image':
      return image.prompt(task);
    case 'llm':
      return llm.prompt(task);
    case 'audio_stt':
      return audioStt.prompt(task);
    case 'audio_tts':
      return audioTts.prompt(task);
    case 'video':
      return video.prompt(task);
    case 'mesh':
      return mesh.prompt(task);
    default:
      return task satisfies never;
  }
}

/** What people see of a prompt: its first 200 characters (Unicode scalar values), with `…` when there is more. */
export function promptPreview(prompt: string): string {
  const characters = Array.from(prompt.slice(0, 2 * PREVIEW_CHARACTERS + 2));
  return characters.length <= PREVIEW_CHARACTERS ? prompt : `${characters.slice(0, PREVIEW_CHARACTERS).join('')}…`;
}
const PREVIEW_CHARACTERS = 200;
