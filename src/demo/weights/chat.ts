import { claim, count, counts, decimal, type GgufFact, ggufFile, type GgufTensor, text, texts } from './gguf.ts';

export interface TinyChatModel {
  /** The model's chat template; an empty one is left out, and such a model knows no chats. */
  readonly template?: string;
  /** What it says, step by step; where a step has several pieces, chance decides. */
  readonly says?: readonly (readonly string[])[];
  /** Begins anew instead of ending: such a model says the same for ever. */
  readonly endless?: boolean;
  /** Tokens it was trained with. */
  readonly contextLength?: number;
  /** Layers that change nothing and take the time and memory that real ones of this width take. One of 64 if left out. */
  readonly layers?: { readonly count: number; readonly width: number };
  /** Whether it wants every prompt to begin with its first token. */
  readonly wantsBos?: boolean;
  /** How the library splits a text into words before it looks for tokens, by llama.cpp's name; `gpt-2` when left out. */
  readonly preTokenizer?: string;
  /** Of a model that sees, with the projector beside: the pieces that an image of each colour makes likelier. */
  readonly colours?: readonly [red: string, green: string, blue: string];
}

/** The template that many chat models share, with a role that it refuses and a variable that it takes. */
const CHATML =
  "{% for m in messages %}{% if m['role'] == 'nobody' %}{{ raise_exception('no such role') }}{% endif %}" +
  "{{'<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' + (opening or '') }}{% endif %}";
const SAYS = [['Hello'], [' from'], [' a'], [' tiny', ' small'], [' model'], [' here']] as const;
const [BOS, IM_START, IM_END] = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;

/** Of an attention head, and of the layer behind it, neither of which has anything to do. */
const HEAD = 64;
const ONE_LAYER = { count: 1, width: HEAD };
/** What is seen of an image. */
const COLOURS = ['red', 'green', 'blue'] as const;
/** So little that it decides between pieces, and never brings up one that is not next. */
const GLANCE = 0.02;
const NORMAL = 1;
const CONTROL = 3;
const NEWLINE = 10;

const encoder = new TextEncoder();

/** The alphabet of byte-level tokens (GPT-2): printable bytes as they are, others moved up. */
const ALPHABET: readonly string[] = (() => {
  const plain = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let moved = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(plain(byte) ? byte : moved++));
})();
const bytesOf = (piece: string): readonly string[] => Array.from(encoder.encode(piece), (byte) => ALPHABET[byte] ?? '');
const spelled = (piece: string): string => bytesOf(piece).join('');

/**
 * A GGUF chat model of about a megabyte that llama.cpp runs as any other. Its next token depends on the last one alone:
 * after the start of a reply it says its pieces in order, then ends. A piece that is a lone character of several bytes
 * comes byte by byte, as rare characters do in real models.
 */
export function chatModel(model: TinyChatModel = {}): Uint8Array {
  const steps = stepsOf(model);
  const tokens = tokensOf(model);
  return ggufFile(factsOf(tokens, model), tensorsOf(tokens, successors(tokens, steps, model.endless === true), model));
}

/** Where an image's colours are in an embedding: behind all tokens. The projector of such a model writes them there. */
export const colourDimensionsOf = (width: number): readonly number[] =>
  COLOURS.map((_, at) => width - COLOURS.length + at);

/** Numbers in the embedding of a model that says this. */
export const embeddingLength = (model: TinyChatModel = {}): number => widthOf(tokensOf(model));

const stepsOf = (model: TinyChatModel): readonly (readonly string[])[] => (model.says ?? SAYS).flatMap(chainOf);

function tokensOf(model: TinyChatModel): readonly string[] {
  const pieces = stepsOf(model)
    .flat()
    .filter((piece) => piece.length > 1);
  return [...new Set([...ALPHABET, ...pieces]), BOS, IM_START, IM_END];
}

/** A step as steps of single tokens. */
function chainOf(step: readonly string[]): readonly (readonly string[])[] {
  const [only = '', ...others] = step;
  const isCharacter = others.length === 0 && Array.from(only).length === 1;
  return isCharacter ? bytesOf(only).map((byte) => [byte]) : [step.map(spelled)];
}

/** What may follow each token. */
function successors(
  tokens: readonly string[],
  steps: readonly (readonly string[])[],
  endless: boolean,
): ReadonlySet<string> {
  const ids = steps.map((step) => step.map((piece) => tokens.indexOf(piece)));
  const last = endless ? (ids[0] ?? []) : [tokens.indexOf(IM_END)];
  const chain = [[NEWLINE], ...ids, last];
  return new Set(chain.flatMap((from, at) => from.flatMap((a) => (chain[at + 1] ?? []).map((b) => `${a}>${b}`))));
}

/**
 * One-hot tokens, an attention and a layer of nothing, and an output that knows what follows what. The attention of a
 * model that sees takes the mean of the colours before it, and its output likes the pieces for them a little more.
 */
function tensorsOf(
  tokens: readonly string[],
  next: ReadonlySet<string>,
  { layers = ONE_LAYER, colours }: TinyChatModel,
): readonly GgufTensor[] {
  const wide = widthOf(tokens);
  const eyes = colours === undefined ? [] : colourDimensionsOf(wide);
  const spelledColours = (colours ?? []).map(spelled);
  const seen = (scale: number) => (row: number, column: number) => (row === column && eyes.includes(row) ? scale : 0);
  const says = (to: number, from: number): boolean =>
    next.has(`${from}>${to}`) ||
    (eyes.includes(from) && spelledColours.indexOf(tokens[to] ?? '') === eyes.indexOf(from));
  const matrix = (name: string, shape: readonly [number, number], value?: (row: number, column: number) => number) => {
    const [columns, rows] = shape;
    const data = new Float16Array(columns * rows);
    if (value !== undefined) data.forEach((_, at) => (data[at] = value(Math.floor(at / columns), at % columns)));
    return { name, shape, data };
  };
  const ones = (name: string): GgufTensor => ({ name, shape: [wide], data: new Float32Array(wide).fill(1) });
  return [
    matrix('token_embd.weight', [wide, tokens.length], (row, column) => (row === column ? 1 : 0)),
    ones('output_norm.weight'),
    matrix('output.weight', [wide, tokens.length], (to, from) => (says(to, from) ? 1 : 0)),
    ...Array.from({ length: layers.count }, (_, at) => `blk.${at}`).flatMap((block) => [
      ones(`${block}.attn_norm.weight`),
      ones(`${block}.ffn_norm.weight`),
      matrix(`${block}.attn_q.weight`, [wide, wide]),
      matrix(`${block}.attn_k.weight`, [wide, wide]),
      matrix(`${block}.attn_v.weight`, [wide, wide], seen(1)),
      matrix(`${block}.attn_output.weight`, [wide, wide], seen(GLANCE)),
      matrix(`${block}.ffn_gate.weight`, [wide, layers.width]),
      matrix(`${block}.ffn_up.weight`, [wide, layers.width]),
      matrix(`${block}.ffn_down.weight`, [layers.width, wide]),
    ]),
  ];
}

const widthOf = (tokens: readonly string[]): number => Math.ceil((tokens.length + COLOURS.length) / HEAD) * HEAD;

function factsOf(tokens: readonly string[], model: TinyChatModel): readonly GgufFact[] {
  const {
    template = CHATML,
    contextLength = 512,
    wantsBos = false,
    preTokenizer = 'gpt-2',
    layers = ONE_LAYER,
  } = model;
  const special = tokens.length - 3;
  return [
    text('general.architecture', 'llama'),
    count('llama.context_length', contextLength),
    count('llama.embedding_length', widthOf(tokens)),
    count('llama.block_count', layers.count),
    count('llama.feed_forward_length', layers.width),
    count('llama.attention.head_count', widthOf(tokens) / HEAD),
    decimal('llama.attention.layer_norm_rms_epsilon', 1e-5),
    text('tokenizer.ggml.model', 'gpt2'),
    text('tokenizer.ggml.pre', preTokenizer),
    texts('tokenizer.ggml.tokens', tokens),
    counts(
      'tokenizer.ggml.token_type',
      tokens.map((_, id) => (id < special ? NORMAL : CONTROL)),
    ),
    texts('tokenizer.ggml.merges', ['H e']), // a list must have something; "He" is no token, so nothing is merged
    count('tokenizer.ggml.bos_token_id', tokens.indexOf(BOS)),
    count('tokenizer.ggml.eos_token_id', tokens.indexOf(IM_END)),
    claim('tokenizer.ggml.add_bos_token', wantsBos),
    ...(template === '' ? [] : [text('tokenizer.chat_template', template)]),
  ];
}
