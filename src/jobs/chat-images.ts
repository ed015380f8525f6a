import { WorkerError } from '../base/errors.ts';
import { VISION_PROJECTOR } from '../contract/model-source.ts';
import type { Job } from './job.ts';

/** Studio contract: the most images of one chat. */
const MAX_IMAGES = 16;

/** What of a job decides whether its images can be read. */
type AboutImages = Pick<Job, 'model' | 'source' | 'task'>;

/**
 * Why the images of a chat cannot be read, whichever engine the model is for, in the studio contract's words: an answer
 * about images that were never seen is worse than none. Undefined when they can be, or there are none.
 */
export function whyNoImages({ model, source, task }: AboutImages): WorkerError | undefined {
  const count = task.kind === 'llm' ? (task.images?.length ?? 0) : 0;
  if (task.kind !== 'llm' || count === 0) return undefined;
  if (!source.files.some(({ role }) => role === VISION_PROJECTOR)) {
    const lacks = `its model source has no vision projector (a \`${VISION_PROJECTOR}\` file)`;
    return unsupported(
      `model \`${model}\` reads no images: ${lacks}`,
      `Offer a model with a \`${VISION_PROJECTOR}\` file.`,
    );
  }
  if (count > MAX_IMAGES) {
    const hint = `Create the job with at most ${MAX_IMAGES} images.`;
    return unsupported(`the task carries ${count} images; a chat reads at most ${MAX_IMAGES}`, hint);
  }
  if (task.messages.some(({ role }) => role === 'user')) return undefined;
  return new WorkerError('task.images-unreadable', 'the task carries images but no user message to read them with', {
    hint: 'Create the job with a message of role `user`.',
  });
}

/** @throws WorkerError `task.images-unsupported` | `task.images-unreadable` */
export function assertReadsImages(job: AboutImages): void {
  const obstacle = whyNoImages(job);
  if (obstacle !== undefined) throw obstacle;
}

const unsupported = (message: string, hint: string): WorkerError =>
  new WorkerError('task.images-unsupported', message, { hint });
