import {
  claim,
  count,
  counts,
  decimal,
  ggufFile,
  type GgufTensor,
  text,
  texts,
} from '../../../src/demo/weights/gguf.ts';

const WIDE = 32;
const FED = 64;
const CONTEXT = 64;
const NORMAL = 1;
const CONTROL = 3;

/** As those of BERT: a word that begins with a line is a word of its own. */
const TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '▁red', '▁fox', '▁blue', '▁owl', '▁a', '▁the', '.'];

/** Numbers without a pattern, the same each time. */
const noise = (seed: number): number => {
  const value = Math.sin(seed * 12.9898) * 43_758.5453;
  return (value - Math.floor(value) - 0.5) / 2;
};

function tensor(name: string, shape: readonly number[], value: (at: number) => number): GgufTensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  data.forEach((_, at) => (data[at] = value(at)));
  return { name, shape, data };
}

const seedOf = (name: string): number =>
  Array.from(name).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
const random = (name: string, shape: readonly number[]): GgufTensor =>
  tensor(name, shape, (at) => noise(seedOf(name) + at));
const norm = (name: string): readonly GgufTensor[] => [
  tensor(`${name}.weight`, [WIDE], () => 1),
  tensor(`${name}.bias`, [WIDE], () => 0),
];
const dense = (name: string, from: number, to: number): readonly GgufTensor[] => [
  random(`${name}.weight`, [from, to]),
  tensor(`${name}.bias`, [to], () => 0),
];

/** A GGUF of some kilobytes that llama.cpp takes for a BERT: it answers no chats, and gives each text a vector of 32. */
export function vectorModel(): Uint8Array {
  return ggufFile(
    [
      text('general.architecture', 'bert'),
      count('bert.context_length', CONTEXT),
      count('bert.embedding_length', WIDE),
      count('bert.block_count', 1),
      count('bert.feed_forward_length', FED),
      count('bert.attention.head_count', 2),
      decimal('bert.attention.layer_norm_epsilon', 1e-12),
      claim('bert.attention.causal', false),
      count('bert.pooling_type', 1),
      count('tokenizer.ggml.token_type_count', 2),
      text('tokenizer.ggml.model', 'bert'),
      text('tokenizer.ggml.pre', 'default'),
      texts('tokenizer.ggml.tokens', TOKENS),
      counts(
        'tokenizer.ggml.token_type',
        TOKENS.map((token) => (token.startsWith('[') ? CONTROL : NORMAL)),
      ),
      count('tokenizer.ggml.padding_token_id', 0),
      count('tokenizer.ggml.unknown_token_id', 1),
      count('tokenizer.ggml.bos_token_id', 2),
      count('tokenizer.ggml.seperator_token_id', 3),
      count('tokenizer.ggml.mask_token_id', 4),
    ],
    [
      random('token_embd.weight', [WIDE, TOKENS.length]),
      random('token_types.weight', [WIDE, 2]),
      random('position_embd.weight', [WIDE, CONTEXT]),
      ...norm('token_embd_norm'),
      ...dense('blk.0.attn_q', WIDE, WIDE),
      ...dense('blk.0.attn_k', WIDE, WIDE),
      ...dense('blk.0.attn_v', WIDE, WIDE),
      ...dense('blk.0.attn_output', WIDE, WIDE),
      ...norm('blk.0.attn_output_norm'),
      ...dense('blk.0.ffn_up', WIDE, FED),
      ...dense('blk.0.ffn_down', FED, WIDE),
      ...norm('blk.0.layer_output_norm'),
    ],
  );
}
