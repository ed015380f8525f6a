import type { Target } from './target.ts';
import { DISK } from './targets/disk.ts';
import { MEDIA } from './targets/media.ts';
import { MODELS } from './targets/models.ts';
import { WIRE } from './targets/wire.ts';

/** Everything that reads bytes of others. A new reader is one more entry in one of these lists. */
export const TARGETS: readonly Target[] = [...WIRE, ...MODELS, ...MEDIA, ...DISK];
