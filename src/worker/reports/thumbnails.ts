import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { Job } from '../../jobs/job.ts';
import type { TaskResult } from '../../engines/result.ts';
import type { Logger } from '../../log/logger.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { Images, ImageSize } from '../../system/native/images.ts';

/** Thumbnails of what the newest image jobs made, or have made so far. */
export interface Thumbnails {
  /** Returns at once. A job has the newest of its previews until it has a result. */
  onPreview(jobId: JobId, bytes: Uint8Array): void;
  /** Returns at once; a result of which none can be made has none, and loses nothing by it. */
  onResult(job: Pick<Job, 'id' | 'task'>, result: TaskResult): void;
  /** The job ended without a result, and its previews go. */
  onNone(jobId: JobId): void;
  /** How many previews a running job has had; undefined where it has had none. */
  previewsOf(jobId: string): number | undefined;
  /** A PNG; undefined where there is none, or none yet. */
  of(jobId: string): Uint8Array | undefined;
}

export interface ThumbnailsOptions {
  readonly images: Pick<Images, 'probe' | 'convert'>;
  readonly log: Pick<Logger, 'debug'>;
  readonly after: Clock['after'];
  readonly onMade: (jobId: JobId) => void;
}

interface Waiting {
  readonly jobId: JobId;
  readonly bytes: Uint8Array;
  readonly isPreview: boolean;
}

/** Studio contract: the longest side in pixels, and how many are kept. */
const MAX_SIDE = 384;
const KEPT = 100;
/** Results wait here whole: a worker that makes images faster than thumbnails goes without some of them. */
const MAX_WAITING = 4;

/**
 * Thumbnails of results are made once none has come for a moment, since their process is the one that writes the next job's
 * image: one of 512 x 512 px takes as long as a thumbnail of it. While images come faster than that, once a second.
 */
const CALM_MS = 250;
const MAX_DELAY_MS = SECOND_MS;

/** Images are read in the process that reads all images of others. */
export const createThumbnails = (options: ThumbnailsOptions): Thumbnails => new ThumbnailMaker(options);

class ThumbnailMaker implements Thumbnails {
  readonly #options: ThumbnailsOptions;
  readonly #made = new Map<string, Uint8Array>();
  /** By job that runs: how many were made. */
  readonly #previews = new Map<string, number>();
  #waiting: readonly Waiting[] = [];
  #isBusy = false;
  #isDue = false;
  /** Cancel what is to begin at the next calm moment, and at the latest. */
  #cancelCalm: (() => void) | undefined;
  #cancelLatest: (() => void) | undefined;

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
  }

  onPreview(jobId: JobId, bytes: Uint8Array): void {
    if (!this.#previews.has(jobId)) this.#previews.set(jobId, 0);
    this.#add({ jobId, bytes, isPreview: true });
  }

  onResult({ id: jobId, task }: Pick<Job, 'id' | 'task'>, result: TaskResult): void {
    if (task.kind !== 'image' || result.is !== 'artifact') return;
    this.#previews.delete(jobId);
    this.#add({ jobId, bytes: result.bytes, isPreview: false });
  }

  onNone(jobId: JobId): void {
    if (this.#previews.delete(jobId)) this.#made.delete(jobId);
  }

  previewsOf(jobId: string): number | undefined {
    return this.#previews.get(jobId) || undefined;
  }

  of(jobId: string): Uint8Array | undefined {
    return this.#made.get(jobId);
  }

  /** In the place of an older preview of the same job. */
  #add(added: Waiting): void {
    const others = this.#waiting.filter(({ jobId, isPreview }) => !isPreview || jobId !== added.jobId);
    this.#waiting = [...others, added].slice(-MAX_WAITING);
    if (added.isPreview) this.#begin();
    else this.#beginWhenCalm();
  }

  #beginWhenCalm(): void {
    const { after } = this.#options;
    this.#cancelCalm?.();
    this.#cancelCalm = after(CALM_MS, () => this.#begin());
    this.#cancelLatest ??= after(MAX_DELAY_MS, () => this.#begin());
  }

  #begin(): void {
    this.#cancelCalm?.();
    this.#cancelLatest?.();
    this.#cancelCalm = undefined;
    this.#cancelLatest = undefined;
    this.#isDue = true;
    void this.#makeAll();
  }

  /** What waits when it begins; what comes meanwhile has its own time. */
  async #makeAll(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#isDue) {
      this.#isDue = false;
      const batch = this.#waiting;
      this.#waiting = [];
      for (const next of batch) await this.#make(next);
    }
    this.#isBusy = false;
  }

  async #make(next: Waiting): Promise<void> {
    const { images, log } = this.#options;
    const { jobId, bytes } = next;
    try {
      this.#keep(next, await images.convert(bytes, { format: 'png', size: sizeOf(await images.probe(bytes)) }));
    } catch (thrown) {
      log.debug('thumbnail.not-made', { jobId, error: errorChain(thrown) });
    }
  }

  #keep({ jobId, isPreview }: Waiting, png: Uint8Array): void {
    const before = this.#previews.get(jobId);
    if (isPreview && before === undefined) return; // its job has ended
    if (isPreview) this.#previews.set(jobId, (before ?? 0) + 1);
    this.#made.delete(jobId); // a job that comes again is among the newest
    this.#made.set(jobId, png);
    const [oldest] = this.#made.keys();
    if (this.#made.size > KEPT && oldest !== undefined) this.#made.delete(oldest);
    this.#options.onMade(jobId);
  }
}

/** In proportion, and never larger than the image is. */
function sizeOf({ width, height }: ImageSize): ImageSize {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
