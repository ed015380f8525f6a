import { errorChain } from '../../../base/errors.ts';
import { MIB, SECOND_MS } from '../../../base/units.ts';
import type { Logger } from '../../../log/logger.ts';
import type { Clock } from '../../../system/clock.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { RunContext } from '../../engine.ts';

/** As PNG: nothing else shows by its last bytes whether it is whole. */
export const PREVIEW_NAME = 'preview.png';

/** Has sd-cli write, with each step, a small image of what it has; `proj` costs no pass of a decoder. */
export const previewArguments = (path: string): readonly string[] => [
  '--preview',
  'proj',
  '--preview-path',
  path,
  '--preview-interval',
  '1',
];

/** Whether what `sd-cli --help` prints names the arguments above. */
export const offersPreviews = (help: string): boolean =>
  ['--preview ', '--preview-path', '--preview-interval'].every((flag) => help.includes(flag));

export interface PreviewOptions {
  readonly files: Pick<Files, 'readNamedBytes'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly log: Pick<Logger, 'debug'>;
}

/** A few hundred pixels a side take a tenth of it; a program that writes more is not read. */
const MAX_BYTES = MIB;
/** No eye needs more, and each is decoded to be shown. */
const EVERY_MS = SECOND_MS;
/** The last chunk of a PNG, which is always the same. */
const IEND = [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

/**
 * What is to be called with each step of a run: hands on the image that sd-cli has written by then, at most once a second.
 * One that is being written is left to the next step. Never throws.
 */
export function previewReader(path: string, emit: RunContext['emit'], options: PreviewOptions): () => void {
  const { files, clock, log } = options;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isReading = false;

  async function read(): Promise<void> {
    try {
      const bytes = await files.readNamedBytes(path, MAX_BYTES);
      if (bytes === undefined || !isWhole(bytes)) return;
      lastMs = clock.elapsed();
      emit({ is: 'preview', bytes, ext: 'png' });
    } catch (thrown) {
      log.debug('preview.unreadable', { error: errorChain(thrown) });
    } finally {
      isReading = false;
    }
  }

  return () => {
    if (isReading || clock.elapsed() - lastMs < EVERY_MS) return;
    isReading = true;
    void read();
  };
}

const isWhole = (png: Uint8Array): boolean => {
  const end = png.subarray(-IEND.length);
  return IEND.every((byte, at) => end[at] === byte);
};
