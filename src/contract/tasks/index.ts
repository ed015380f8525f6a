import * as v from 'valibot';
import { audioStt } from './audio-stt.ts';
import { audioTts } from './audio-tts.ts';
import { image } from './image.ts';
import { llm } from './llm.ts';
import { mesh } from './mesh.ts';
import type { JobSettings } from './settings.ts';
import type { OfferedUrl } from './urls.ts';
import { video } from './video.ts';

/** Every task kind by its wire spelling, which is its spelling everywhere; in the order that capability maps use. */
const TASK_KINDS = { image, llm, audio_stt: audioStt, audio_tts: audioTts, video, mesh } as const;

export type TaskKindId = keyof typeof TASK_KINDS;
/** Whether a name is that of a kind of task of this release. */
export const isTaskKind = (name: string): name is TaskKindId => Object.hasOwn(TASK_KINDS, name);
export const TASK_KIND_IDS: readonly TaskKindId[] = Object.keys(TASK_KINDS).filter(isTaskKind);
export const TaskKindIdSchema = v.picklist(TASK_KIND_IDS);

/** What to do, without who asked: tagged by `kind`, params beside the tag. */
export const TaskSchema = v.variant(
  'kind',
  Object.values(TASK_KINDS).map(({ params }) => params),
);
export type Task = v.InferOutput<typeof TaskSchema>;
/** The task of one kind. */
export type TaskOf<Kind extends TaskKindId> = Extract<Task, { readonly kind: Kind }>;

/** The same table as whoever asks it about a task needs it: each kind takes the tasks of its own. */
const ABOUT: {
  readonly [Kind in TaskKindId]: Pick<(typeof TASK_KINDS)[Kind], 'name' | 'resultIs' | 'exts'> & {
    readonly prompt: (task: TaskOf<Kind>) => string;
    readonly pixels: (task: TaskOf<Kind>) => number | undefined;
    readonly urls: (task: TaskOf<Kind>) => readonly OfferedUrl[];
    readonly settings: (task: TaskOf<Kind>) => JobSettings;
  };
} = TASK_KINDS;

/** What people are shown a kind as, on every page and in the tray: `Speech to text`. */
export const kindName = (kind: TaskKindId): string => ABOUT[kind].name;

/** How a result of this kind travels: in a frame (`json`) or as an upload (`artifact`). */
export const resultIs = (kind: TaskKindId): 'json' | 'artifact' => ABOUT[kind].resultIs;

/** The extensions that results of this kind are made with; none where a task does not choose. */
export const extsOf = (kind: TaskKindId): readonly string[] => ABOUT[kind].exts;

/** What a task of this kind gets for a field that it leaves out; undefined where the engine or the model decides. */
export const defaultOf = (kind: TaskKindId, field: string): unknown =>
  new Map(Object.entries(v.getDefaults(TASK_KINDS[kind].params))).get(field);

/** The prompt that travels with the result, in full: a shortened one would overwrite the operator's text. */
export const promptOf = <Kind extends TaskKindId>(task: OfOneKind<Kind>): string => ABOUT[task.kind].prompt(task);

/** How many pixels a run of the task works on; undefined where its memory does not depend on the task. */
export const pixelsOf = <Kind extends TaskKindId>(task: OfOneKind<Kind>): number | undefined =>
  ABOUT[task.kind].pixels(task);

/** The inputs that a task names by URL; an empty URL is none, and images may be in the task itself. */
export const inputsOffered = <Kind extends TaskKindId>(task: OfOneKind<Kind>): readonly OfferedUrl[] =>
  ABOUT[task.kind].urls(task);

/** What a job asks for beside its prompt, as people are shown it. */
export const settingsOf = <Kind extends TaskKindId>(task: OfOneKind<Kind>): JobSettings =>
  ABOUT[task.kind].settings(task);

/** A task that keeps what its kind is, so that it can be handed to that kind. */
type OfOneKind<Kind extends TaskKindId> = { [Own in Kind]: TaskOf<Own> & { readonly kind: Own } }[Kind];

/** What people see of a prompt: its first 200 characters (Unicode scalar values), with `…` when there is more. */
export function promptPreview(prompt: string): string {
  if (prompt.length <= PREVIEW_CHARACTERS) return prompt; // a character takes one UTF-16 unit, or two
  const characters = Array.from(prompt.slice(0, 2 * PREVIEW_CHARACTERS + 2));
  return characters.length <= PREVIEW_CHARACTERS ? prompt : `${characters.slice(0, PREVIEW_CHARACTERS).join('')}…`;
}
const PREVIEW_CHARACTERS = 200;
