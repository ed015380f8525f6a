import { chatModel, type TinyChatModel, embeddingLength, colourDimensionsOf } from '../../../src/demo/weights/chat.ts';
import { claim, count, decimal, decimals, ggufFile, type GgufTensor, text } from '../../../src/demo/weights/gguf.ts';

/*
 * The smallest vision projector that llama.cpp takes (clip.cpp, projector type `mlp`): its patches are the mean colours
 * of an image, which it writes where the model has its eyes.
 */

const SAYS = [['I'], [' see'], [' red', ' green', ' blue']] as const;
const MODEL: TinyChatModel = { says: SAYS, colours: [' red', ' green', ' blue'], contextLength: 2048 };

const PATCH = 8;
const IMAGE = 32;
const CHANNELS = 3;
/** Numbers of a patch; as few as its attention takes. */
const WIDTH = 32;
const PATCHES = (IMAGE / PATCH) ** 2;

/** A chat model that names the main colour of an image: red, green or blue. Takes part of `chatModel`'s options. */
export const seeingModel = (
  about: Pick<TinyChatModel, 'template' | 'wantsBos' | 'contextLength' | 'says' | 'endless'> = {},
): Uint8Array => chatModel({ ...MODEL, ...about });

/** The projector of `seeingModel`, or of a model whose embeddings have another length. */
export function visionProjector(embedding = embeddingLength(MODEL)): Uint8Array {
  const eyes = colourDimensionsOf(embedding);
  return ggufFile(
    [
      text('general.architecture', 'clip'),
      claim('clip.has_vision_encoder', true),
      text('clip.projector_type', 'mlp'),
      claim('clip.use_gelu', true),
      count('clip.vision.image_size', IMAGE),
      count('clip.vision.patch_size', PATCH),
      count('clip.vision.embedding_length', WIDTH),
      count('clip.vision.feed_forward_length', WIDTH),
      count('clip.vision.block_count', 1), // the last one is never run
      count('clip.vision.attention.head_count', 1),
      count('clip.vision.projection_dim', embedding),
      decimal('clip.vision.attention.layer_norm_epsilon', 1e-5),
      decimals('clip.vision.image_mean', [0, 0, 0]),
      decimals('clip.vision.image_std', [1, 1, 1]),
    ],
    [
      tensor('v.patch_embd.weight', [PATCH, PATCH, CHANNELS, WIDTH], (at) => {
        const channel = Math.floor(at / PATCH ** 2) % CHANNELS;
        const output = Math.floor(at / (PATCH ** 2 * CHANNELS));
        return channel === output ? 1 / PATCH ** 2 : 0;
      }),
      tensor('v.position_embd.weight', [WIDTH, PATCHES]),
      ...BLOCK.flatMap((name) => [
        tensor(`v.blk.0.${name}.weight`, shapeOf(name)),
        tensor(`v.blk.0.${name}.bias`, [WIDTH]),
      ]),
      tensor('mm.0.weight', [WIDTH, WIDTH], (at) => (at % WIDTH === Math.floor(at / WIDTH) ? 1 : 0)),
      tensor('mm.0.bias', [WIDTH]),
      tensor('mm.2.weight', [WIDTH, embedding], (at) => (eyes[at % WIDTH] === Math.floor(at / WIDTH) ? 1 : 0)),
      tensor('mm.2.bias', [embedding]),
    ],
  );
}

const BLOCK = ['ln1', 'ln2', 'attn_q', 'attn_k', 'attn_v', 'attn_out', 'ffn_up', 'ffn_down'] as const;
const shapeOf = (name: string): readonly number[] => (name.startsWith('ln') ? [WIDTH] : [WIDTH, WIDTH]);

function tensor(name: string, shape: readonly number[], value: (at: number) => number = () => 0): GgufTensor {
  const sizes = shape.reduce((product, size) => product * size, 1);
  return { name, shape, data: Float32Array.from({ length: sizes }, (_, at) => value(at)) };
}
