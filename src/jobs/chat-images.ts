import { WorkerError } from '../base/errors.ts';
import { VISION_PROJECTOR } from '../contract/model-source.ts';
import type { Job } from './job.ts';

/** Studio contract: the most images of one chat. */
const MAX_IMAGES = 16;

/**
 * Whether the images of a chat can be read with it, whichever engine the model is for: an answer about images that were
 * never seen is worse than none.
 *
 * @throws WorkerError `task.images-unsupported` | `task.images-unreadable`, in the studio contract's words
 */
export function assertReadsImages({ model, source, task }: Pick<Job, 'model' | 'source' | 'task'>): void {
  const count = task.kind === 'llm' ? (task.images?.length ?? 0) : 0;
  if (task.kind !== 'llm' || count === 0) return;
  if (!source.files.some(({ role }) => role === VISION_PROJECTOR)) {
    const lacks = `its model source has no vision projector (a \`${VISION_PROJECTOR}\` file)`;
    throw unsupported(
      `model \`${model}\` reads no images: ${lacks}`,
      `Offer a model with a \`${VISION_PROJECTOR}\` file.`,
    );
  }
  if (count > MAX_IMAGES) {
    const hint = `Create the job with at most ${MAX_IMAGES} images.`;
    throw unsupported(`the task carries ${count} images; a chat reads at most ${MAX_IMAGES}`, hint);
  }
  if (!task.messages.some(({ role }) => role === 'user')) {
    throw new WorkerError('task.images-unreadable', 'the task carries images but no user message to read them with', {
      hint: 'Create the job with a message of role `user`.',
    });
  }
}

const unsupported = (message: string, hint: string): WorkerError =>
  new WorkerError('task.images-unsupported', message, { hint });
