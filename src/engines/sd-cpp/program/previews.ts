import { offersPreviews } from '../cli/preview.ts';
import { ANSWERS_WITHIN_MS, type DeviceOptions } from './device.ts';
import { environmentFor } from './environment.ts';

/** Knows which programs write an image of a run under way. */
export interface PreviewBook {
  /** Asks each program once. False for one that gives no answer. Rejects with the signal's reason on abort. */
  canPreview(path: string, signal: AbortSignal): Promise<boolean>;
}

export function createPreviewBook(options: DeviceOptions): PreviewBook {
  const known = new Map<string, boolean>();
  return {
    async canPreview(path, signal) {
      const before = known.get(path);
      if (before !== undefined) return before;
      const env = await environmentFor(path, options);
      const asked = options.ask([path, '--help'], { env, limitMs: ANSWERS_WITHIN_MS, signal });
      // A program that cannot be run makes no image either, and the run says why.
      const can = await asked.then(({ output }) => offersPreviews(output)).catch(() => false);
      signal.throwIfAborted();
      known.set(path, can);
      return can;
    },
  };
}
