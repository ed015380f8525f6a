import { WorkerError } from '../../../../src/base/errors.ts';
import type { JsonObject } from '../../../../src/base/json.ts';
import { openSchemaCheck } from '../../../../src/compose/children/schema-check.ts';
import type { EngineName } from '../../../../src/contract/model-source.ts';
import type { TaskResult } from '../../../../src/engines/result.ts';
import { createResultCheck, type ResultPolicy } from '../../../../src/jobs/result-check.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import type { ImageFormat } from '../../../../src/system/native/images.ts';
import { createImages } from '../../../../src/system/native/sharp-images.ts';
import { aJob, aTask, synthetic } from '../../../fakes/builders.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

export const images = createImages({ native: { unpack: () => Promise.resolve(undefined) } });
export const checkSchema = openSchemaCheck({ clock: systemClock });

/** A check by this policy of what this engine made. */
export function setup(policy: ResultPolicy = 'reject', engine: EngineName = 'sd-cpp') {
  const log = recordingLogger();
  const resultCheck = createResultCheck({ images, checkSchema, policy: () => policy });
  const { signal } = new AbortController();
  const check = (params: Parameters<typeof aTask>[0], result: TaskResult): Promise<void> =>
    resultCheck.check(aJob({ task: aTask(params), modelSource: { ...synthetic, engine } }), result, { log, signal });
  /** What is wrong with a result, or `undefined`. */
  async function problemOf(params: Parameters<typeof aTask>[0], result: TaskResult): Promise<string | undefined> {
    try {
      await check(params, result);
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof WorkerError) || thrown.code !== 'result.rejected') throw thrown;
      return thrown.message.replace("the sd-cpp engine's result is not delivered: ", '');
    }
  }
  return { log, check, problemOf, resultCheck };
}

export const file = (bytes: Uint8Array, ext = 'png'): TaskResult => ({ is: 'artifact', bytes, ext });
export const json = (value: JsonObject): TaskResult => ({ is: 'json', value });

/** The level of a byte of an image. */
export type Paint = (at: number) => number;
/** An image as a file. */
export async function drawn(size: { width: number; height: number }, paint: Paint, format: ImageFormat = 'png') {
  const pixels = Uint8Array.from({ length: size.width * size.height * 3 }, (_, at) => paint(at));
  return file(await images.encode({ ...size, pixels, channels: 3, format }), format);
}
export const noise: Paint = (at) => (at * 7919) % 251;
export const SMALL = { width: 64, height: 64 };
export const IMAGE = { kind: 'image', prompt: 'a fox', ...SMALL } as const;
