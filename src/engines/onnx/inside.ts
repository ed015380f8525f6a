import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Images } from '../../system/native/images.ts';
import type { ModelFiles, RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { InnerEngine, Inputs } from '../host/inner.ts';
import type { Session } from './binding.ts';
import { regionFor } from './crop.ts';
import { composite, MODEL_SIDE, planeOf, tensorsOf } from './lama.ts';
import { coloursOf, cut, greyOf } from './planes.ts';
import { type Plane, resize } from './sampling.ts';
import { assertKind, roleMissing } from '../failures.ts';

export interface InpainterOptions {
  readonly images: Pick<Images, 'decode' | 'encode'>;
  /** Loads a model file; see the binding. */
  readonly openSession: (path: string) => Promise<Session>;
}

/** Prepared, inferred, put together. */
const STEPS = 3;

/** Removes what a mask covers, with a model that has LaMa's inputs and output. Runs in an engine child. */
export function createInpainter({ images, openSession }: InpainterOptions): InnerEngine {
  return {
    load: async ({ paths }, { signal }) => {
      signal.throwIfAborted();
      const session = await openSession(modelOf(paths));
      assertInpaints(session);
      return {
        ranOn: 'cpu',
        run: async (task, inputs, context) => {
          assertKind(task, 'image', 'onnx');
          return await remove(task, inputs, { session, images, ...context });
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
  };
}

/** @throws WorkerError `model.role-missing` */
export function modelOf(paths: ModelFiles['paths']): string {
  const path = paths.get('model');
  if (path !== undefined) return path;
  throw roleMissing('onnx', 'model', 'Offer the model with a file of role `model`.');
}

function assertInpaints({ inputs, outputs }: Session): void {
  if (['image', 'mask'].every((name) => inputs.includes(name)) && outputs.includes('output')) return;
  throw new WorkerError(
    'model.unusable',
    `the model takes ${inputs.join(', ')} and gives ${outputs.join(', ')}; removal needs image, mask and output`,
    { hint: 'Offer a LaMa model that was exported with these names.' },
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Small images round their sides to whole pixels: of 64, one is 1.6 %. */
const ROUNDING = 0.02;
const sameShape = (a: Size, b: Size): boolean => Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= ROUNDING;

/**
 * Image and mask are both stretched to the size asked for (studio contract), so a mask has the proportions of one of
 * them. Any other would cover something else than was marked.
 */
function assertMaskFits(mask: Size, image: Size, asked: Size): void {
  if (sameShape(mask, image) || sameShape(mask, asked)) return;
  const size = ({ width, height }: Size): string => `${width} x ${height} px`;
  throw new WorkerError(
    'task.mask-mismatch',
    `the mask is ${size(mask)}, which has the proportions neither of the image, ${size(image)}, nor of the result, ${size(asked)}`,
    { hint: 'Draw the mask on the image itself, at its size.' },
  );
}

/** What a studio can name a file with; the requested one is kept whatever the format is (studio contract). */
const EXTENSION = /^[A-Za-z0-9]{1,10}$/;

type Tools = Pick<InpainterOptions, 'images'> & RunContext & { readonly session: Session };

async function remove(task: TaskOf<'image'>, inputs: Inputs, tools: Tools): Promise<TaskResult> {
  const { images, session, signal, progress } = tools;
  const width = Math.max(task.width, 1);
  const height = Math.max(task.height, 1);
  const read = async (name: string): ReturnType<Images['decode']> =>
    images.decode(inputs.get(name) ?? new Uint8Array());
  const image = await read('initImageUrl');
  const drawn = await read('maskUrl');
  assertMaskFits(drawn, image, { width, height });
  const base = resize(coloursOf(image), width, height);
  const mask = resize(greyOf(drawn), width, height);
  const region = regionFor(mask);
  const square = (plane: Plane): Plane => resize(cut(plane, region), MODEL_SIDE, MODEL_SIDE);
  const tensors = tensorsOf(square(base), square(mask));
  signal.throwIfAborted();
  progress(1, STEPS);

  const { output } = await session.run(tensors);
  if (output === undefined) throw new WorkerError('model.unusable', 'the model gave no output');
  signal.throwIfAborted();
  progress(2, STEPS);

  const fill = resize(planeOf(output), region.width, region.height);
  const { data: pixels } = composite(base, { fill, mask, region });
  const format = task.ext.toLowerCase() === 'png' ? 'png' : 'webp';
  const bytes = await images.encode({ pixels, width, height, channels: 3, format });
  progress(STEPS, STEPS);
  return { is: 'artifact', bytes, ext: EXTENSION.test(task.ext) ? task.ext : format };
}
