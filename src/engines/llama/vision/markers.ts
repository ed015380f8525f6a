import type { TaskOf } from '../../../contract/tasks/index.ts';

/** What stands for an image in a prompt (llama.cpp, `mtmd_default_marker`). */
export const MARKER = '<__media__>';
/** A marker that somebody wrote: the library would take it for an image. */
const HARMLESS = '<__media__ >';

/**
 * The chat with a line for each image at the start of its last message of role `user` (studio contract). What looks like
 * a marker in the chat itself is spaced out, so that each image is seen where it belongs.
 */
export function withMarkers(task: TaskOf<'llm'>, images: number): TaskOf<'llm'> {
  if (images === 0) return task;
  const last = task.messages.findLastIndex(({ role }) => role === 'user');
  const lines = `${MARKER}\n`.repeat(images);
  const messages = task.messages.map((message, at) => {
    const content = harmless(message.content);
    return { ...message, content: at === last ? lines + content : content };
  });
  const local =
    task.local?.is === 'tools'
      ? {
          ...task.local,
          messages: task.local.messages.map((message, at) => ({ ...message, ...contentOf(messages[at]) })),
        }
      : task.local;
  return { ...task, messages, local, ...(task.system !== undefined && { system: harmless(task.system) }) };
}

/** A chat with tools has its messages twice, in the same order. */
const contentOf = (message: { readonly content: string } | undefined) =>
  message === undefined ? {} : { content: message.content };

const harmless = (text: string): string => text.replaceAll(MARKER, HARMLESS);

/** How much of a side an image has, in any unit. */
interface Sides {
  readonly width: number;
  readonly height: number;
}

/**
 * Tokens of an image of a model that places them in two dimensions. The library tells their longer side, which is how far
 * the position moves, while the context holds all of them.
 */
export const tokensOfGrid = (longerSide: number, { width, height }: Sides): number =>
  longerSide * Math.max(1, Math.ceil((longerSide * Math.min(width, height)) / Math.max(width, height)));
