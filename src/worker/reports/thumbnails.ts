import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { Job } from '../../jobs/job.ts';
import type { TaskResult } from '../../engines/result.ts';
import type { Logger } from '../../log/logger.ts';
import type { Images, ImageSize } from '../../system/native/images.ts';

/** Small pictures of what the newest image jobs made. */
export interface Thumbnails {
  /** Returns at once; a result of which none can be made has none, and loses nothing by it. */
  onResult(job: Pick<Job, 'id' | 'task'>, result: TaskResult): void;
  /** A PNG; undefined where there is none, or none yet. */
  of(jobId: string): Uint8Array | undefined;
}

export interface ThumbnailsOptions {
  readonly images: Pick<Images, 'probe' | 'convert'>;
  readonly log: Pick<Logger, 'debug'>;
  readonly onMade: (jobId: JobId) => void;
}

/** Studio contract: the longest side in pixels, and how many are kept. */
const MAX_SIDE = 384;
const KEPT = 100;
/** Results wait here whole: a worker that makes images faster than thumbnails goes without some of them. */
const MAX_WAITING = 4;

/** Images are read in the process that reads all images of others. */
export function createThumbnails({ images, log, onMade }: ThumbnailsOptions): Thumbnails {
  const made = new Map<string, Uint8Array>();
  const waiting: { readonly jobId: JobId; readonly bytes: Uint8Array }[] = [];
  let isBusy = false;

  async function makeAll(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { jobId, bytes } = next;
      try {
        keep(jobId, await images.convert(bytes, { format: 'png', size: sizeOf(await images.probe(bytes)) }));
      } catch (thrown) {
        log.debug('thumbnail.not-made', { jobId, error: errorChain(thrown) });
      }
    }
    isBusy = false;
  }

  function keep(jobId: JobId, png: Uint8Array): void {
    made.delete(jobId); // a job that comes again is among the newest
    made.set(jobId, png);
    const [oldest] = made.keys();
    if (made.size > KEPT && oldest !== undefined) made.delete(oldest);
    onMade(jobId);
  }

  return {
    onResult({ id: jobId, task }, result) {
      if (task.kind !== 'image' || result.is !== 'artifact') return;
      waiting.push({ jobId, bytes: result.bytes });
      if (waiting.length > MAX_WAITING) waiting.shift();
      void makeAll();
    },
    of: (jobId) => made.get(jobId),
  };
}

/** In proportion, and never larger than the image is. */
function sizeOf({ width, height }: ImageSize): ImageSize {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
