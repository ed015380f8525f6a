import { GGML_MAGIC, halves, integers, tensor } from '../../../src/demo/weights/ggml.ts';

/*
 * A voice activity model in whisper.cpp's format (models/convert-silero-vad-to-ggml.py) that takes for speech whatever is
 * loud: the first channel of each layer carries the sum of all frequencies, the others nothing.
 */

const TAPS = 256;
const BINS = 129;
const WIDTH = 128;
const LAYERS = [
  [BINS, 128],
  [128, 64],
  [64, 64],
  [64, 128],
] as const;
/** Far beyond where a sigmoid is anything but 0 or 1. */
const SHUT = -50;
const OPEN = 50;
/** What the sum of all frequencies has to be above. */
const LOUD = 3;

export function speechModel(): Uint8Array {
  const name = new TextEncoder().encode('silero-16k');
  const layers = LAYERS.flatMap(([from, to]) => [from, to, 3]);
  const head = [integers(GGML_MAGIC, name.byteLength), name, integers(5, 1, 2, 512, 64, LAYERS.length, ...layers)];
  const encoder = LAYERS.flatMap(([from, to], layer) =>
    halves(`_model.encoder.${layer}.reparam_conv.weight`, [3, from, to], middleTaps(from, to, layer === 0)).concat(
      tensor(`_model.encoder.${layer}.reparam_conv.bias`, [to]),
    ),
  );
  // The gates in order: in, forget, cell, out. It remembers nothing, so each moment is judged by itself.
  const gates = [OPEN, SHUT, 0, OPEN].flatMap((bias) => Array.from({ length: WIDTH }, () => bias));
  gates[2 * WIDTH] = -LOUD;
  const toCell = new Float32Array(4 * WIDTH * WIDTH);
  toCell[2 * WIDTH * WIDTH] = 1;
  const answer = new Float32Array(WIDTH);
  answer[0] = 20;
  const parts = [
    ...head,
    integers(WIDTH, WIDTH, WIDTH, 1),
    ...halves('_model.stft.forward_basis_buffer', [TAPS, 1, 2 * BINS], waves()),
    ...encoder,
    ...tensor('_model.decoder.rnn.weight_ih', [WIDTH, 4 * WIDTH], toCell),
    ...tensor('_model.decoder.rnn.weight_hh', [WIDTH, 4 * WIDTH]),
    ...tensor('_model.decoder.rnn.bias_ih', [4 * WIDTH], Float32Array.from(gates)),
    ...tensor('_model.decoder.rnn.bias_hh', [4 * WIDTH]),
    ...halves('_model.decoder.decoder.2.weight', [WIDTH, 1], answer),
    ...tensor('_model.decoder.decoder.2.bias', [1], Float32Array.of(-5)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

/** Of the first channel alone: from all channels, or from the first. */
function middleTaps(from: number, to: number, all: boolean): Float32Array {
  const weights = new Float32Array(3 * from * to);
  for (let channel = 0; channel < (all ? from : 1); channel++) weights[channel * 3 + 1] = 1;
  return weights;
}

/** Each frequency as a cosine and as a sine, under Hann's window. */
function waves(): Float32Array {
  return Float32Array.from({ length: TAPS * 2 * BINS }, (_, at) => {
    const [row, tap] = [Math.floor(at / TAPS), at % TAPS];
    const angle = (2 * Math.PI * (row % BINS) * tap) / TAPS;
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * tap) / TAPS);
    return window * (row < BINS ? Math.cos(angle) : -Math.sin(angle));
  });
}
