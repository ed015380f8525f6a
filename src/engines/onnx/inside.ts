import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Images, ImageSize, RawImage } from '../../system/native/images.ts';
import type { RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { InnerEngine, Inputs } from '../host/inner.ts';
import type { OnnxSession } from './binding.ts';
import { regionFor } from './crop.ts';
import { composite, MODEL_SIDE, planeOf, tensorsOf } from './lama.ts';
import { coloursOf, cut } from './planes.ts';
import { resultSize } from './result-size.ts';
import { type Plane, resize } from './sampling.ts';
import { assertKind } from '../failures.ts';
import { modelFileOf } from '../model-file.ts';
import { imageFormat } from '../media/image-formats.ts';
import { countSelected, maskError, selectionOf } from '../media/mask.ts';

export interface InpainterOptions {
  readonly images: Pick<Images, 'probe' | 'decode' | 'encode'>;
  /** Loads a model file; see the binding. */
  readonly openSession: (path: string) => Promise<OnnxSession>;
}

/** Prepared, inferred, put together. */
const STEPS = 3;

/** Removes what a mask covers, with a model that has LaMa's inputs and output. Runs in an engine child. */
export function createInpainter({ images, openSession }: InpainterOptions): InnerEngine {
  return {
    load: async ({ paths }, { signal }) => {
      signal.throwIfAborted();
      const session = await openSession(modelFileOf('onnx', paths));
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

function assertInpaints({ inputs, outputs }: OnnxSession): void {
  if (['image', 'mask'].every((name) => inputs.includes(name)) && outputs.includes('output')) return;
  throw new WorkerError(
    'model.unusable',
    `the model takes ${inputs.join(', ')} and gives ${outputs.join(', ')}; removal needs image, mask and output`,
    { hint: 'Offer a LaMa model that was exported with these names.' },
  );
}

/** Small images round their sides to whole pixels: of 64, one is 1.6 %. */
const ROUNDING = 0.02;
const sameShape = (a: ImageSize, b: ImageSize): boolean =>
  Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= ROUNDING;

/**
 * Image and mask are both stretched to the size of the result (studio contract), so a mask has the proportions of one of
 * them. Any other would cover something else than was marked.
 */
function assertMaskFits(mask: ImageSize, image: ImageSize, result: ImageSize): void {
  if (sameShape(mask, image) || sameShape(mask, result)) return;
  const size = ({ width, height }: ImageSize): string => `${width} x ${height} px`;
  throw new WorkerError(
    'task.mask-mismatch',
    `the mask is ${size(mask)}, which has the proportions neither of the image, ${size(image)}, nor of the result, ${size(result)}`,
    { hint: 'Draw the mask on the image itself, at its size.' },
  );
}

/** @throws WorkerError `task.invalid` for a mask of nothing, or one that leaves nothing to fill it with */
function assertMaskSelects({ data }: Plane): void {
  const selected = countSelected(data);
  if (selected === 0) throw maskError('nothing, so there is nothing to remove');
  if (selected === data.length) throw maskError('the whole image, so nothing of it would stay');
}

type Tools = Pick<InpainterOptions, 'images'> & RunContext & { readonly session: OnnxSession };

async function remove(task: TaskOf<'image'>, inputs: Inputs, tools: Tools): Promise<TaskResult> {
  const { images, session, signal, progress } = tools;
  const { base, mask } = await prepare(task, inputs, images);
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
  const { data: pixels, width, height } = composite(base, { fill, mask, region });
  const { ext, format } = imageFormat(task.ext);
  const bytes = await images.encode({ pixels, width, height, channels: 3, format });
  progress(STEPS, STEPS);
  return { is: 'artifact', bytes, ext };
}

/** Image and mask, upright and of the size of the result. */
async function prepare(
  task: TaskOf<'image'>,
  inputs: Inputs,
  images: Tools['images'],
): Promise<{ readonly base: Plane; readonly mask: Plane }> {
  const [image, drawn] = [inputs.get('initImageUrl') ?? new Uint8Array(), inputs.get('maskUrl') ?? new Uint8Array()];
  const imageSize = await about('init image', images.probe(image));
  const size = resultSize(task, imageSize);
  assertMaskFits(await about('mask', images.probe(drawn)), imageSize, size);
  const mask = planeOfMask(await about('mask', images.decode(drawn, { size })));
  assertMaskSelects(mask);
  return { base: coloursOf(await about('init image', images.decode(image, { size }))), mask };
}

const planeOfMask = (mask: RawImage): Plane => ({
  data: selectionOf(mask),
  width: mask.width,
  height: mask.height,
  channels: 1,
});

/** Names the input that cannot be read. */
async function about<T>(what: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (thrown) {
    if (!(thrown instanceof WorkerError) || thrown.code !== 'task.invalid') throw thrown;
    const { message, hint } = thrown;
    throw new WorkerError('task.invalid', `the ${what}: ${message}`, {
      cause: thrown,
      ...(hint !== undefined && { hint }),
    });
  }
}
