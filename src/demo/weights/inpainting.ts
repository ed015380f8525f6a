import { OnnxGraph } from './onnx.ts';

/** One pixel of the coarse image stands for so many of the fine one, each way. */
const BLOCK = 16;
/** How far a hole looks for colour, in blocks. */
const REACH = 4;
/** How little the image as a whole counts where there is colour nearby. */
const FAINT = 0.001;

export interface InpaintingModel {
  /** LaMa has exports with values up to 255 and others with values up to 1. */
  readonly bytes?: boolean;
  /** Another name for the first input: a model that this worker cannot use. */
  readonly imageInput?: string;
}

/**
 * A model file with LaMa's inputs and output. It fills a hole with the average colour around it, found on a coarse
 * image, and with the image's average where there is nothing around; what is not masked it leaves alone.
 */
export function inpaintingModel({ bytes = false, imageInput = 'image' }: InpaintingModel = {}): Uint8Array {
  const graph = new OnnxGraph();
  const image = graph.input(imageInput, [1, 3, 512, 512]);
  const mask = graph.input('mask', [1, 1, 512, 512]);
  const one = graph.constant([1]);
  const kept = graph.node('Sub', [one, mask]);
  const colours = graph.node('Mul', [image, kept]);

  const around = (plane: string): string => {
    const coarse = graph.node('AveragePool', [plane], { kernel_shape: [BLOCK, BLOCK], strides: [BLOCK, BLOCK] });
    const side = 2 * REACH + 1;
    const wide = graph.node('AveragePool', [coarse], {
      kernel_shape: [side, side],
      pads: [REACH, REACH, REACH, REACH],
      count_include_pad: 1,
    });
    const whole = graph.node('ReduceMean', [plane], { axes: [2, 3], keepdims: 1 });
    return graph.node('Add', [wide, graph.node('Mul', [whole, graph.constant([FAINT])])]);
  };
  const tiny = graph.constant([1e-9]);
  const filling = graph.node('Div', [around(colours), graph.node('Add', [around(kept), tiny])]);
  const scales = graph.constant([1, 1, BLOCK, BLOCK]);
  const fine = graph.node('Resize', [filling, '', scales], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  });
  const painted = graph.node('Add', [colours, graph.node('Mul', [fine, mask])]);
  graph.node('Mul', [painted, graph.constant([bytes ? 255 : 1])], {}, 'output');
  graph.output('output', [1, 3, 512, 512]);
  return graph.file();
}
