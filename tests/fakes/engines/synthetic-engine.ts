import { tmpdir } from 'node:os';
import type { Engine } from '../../../src/engines/engine.ts';
import { createSyntheticEngine } from '../../../src/engines/synthetic/index.ts';
import type { SyntheticEngineOptions } from '../../../src/engines/synthetic/run.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { noFfmpeg } from './ffmpeg.ts';
import { images } from './onnx-engine.ts';
import { recordingLogger } from '../recording-logger.ts';

/** The synthetic engine on a machine without ffmpeg, unless it is given one: it makes the same files everywhere. */
export const aSynthetic = (choice: Partial<SyntheticEngineOptions> = {}): Engine =>
  createSyntheticEngine({
    sha256,
    images,
    clock: systemClock,
    fetchImage: () => Promise.reject(new Error('there is no web here')),
    ffmpeg: noFfmpeg(tmpdir()),
    log: recordingLogger(),
    ...choice,
  });
