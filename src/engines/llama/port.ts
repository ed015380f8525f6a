/** Where a model can run. */
export type Device = 'cpu' | 'metal' | 'cuda' | 'vulkan';

export interface OpenOptions {
  /** Most tokens of prompt and reply together; never more than the model was trained with. */
  readonly contextSize: number;
  /** `auto` is the best device that there is a binary for, `cpu` the CPU whatever there is. */
  readonly gpu: 'auto' | 'cpu';
  /** A folder of more binaries, laid out as the packages they come from: `linux-x64-vulkan/bins/…`. */
  readonly binariesFolder?: string | undefined;
  /** Whether to be content with less memory: at most half of the layers on the GPU, and a prompt read in small portions. */
  readonly lean: boolean;
  /** Ends the loading. */
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** How the next token is chosen. */
export interface Sampling {
  /** 0 or less always takes the likeliest. */
  readonly temperature: number;
  readonly topP: number | undefined;
  readonly seed: number;
  /** In GBNF: only text that it describes is written. */
  readonly grammar: string | undefined;
}

/** A chat model in memory, as the runtime sees it. */
export interface ChatModel extends AsyncDisposable {
  /** Where its layers are, or most of them; not always where it was requested. */
  readonly ranOn: Device;
  /** The template that came with the model, and the two tokens it may name. */
  readonly template: { readonly source: string | undefined; readonly bos: string; readonly eos: string };
  /** Whether the model wants every prompt to begin with its first token. */
  readonly wantsBos: boolean;
  /** Tokens that fit, prompt and reply together. */
  readonly contextSize: number;
  /** @throws whatever the template raises */
  render(source: string, variables: Readonly<Record<string, unknown>>): string;
  tokenize(text: string): readonly number[];
  /** Tokens of a text that is no chat: what looks like a token of a template is text. */
  tokenizePlain(text: string): readonly number[];
  /** The same with what the model wants before and behind a text. */
  withEnds(tokens: readonly number[]): readonly number[];
  /** Most tokens of a text that is to have a vector, ends included. */
  readonly embeddedTokens: number;
  /**
   * A vector for each text, one after the other.
   *
   * @throws WorkerError `engine.failed` | `engine.out-of-memory`; rejects with the signal's reason
   */
  embed(texts: readonly (readonly number[])[], signal: AbortSignal): Promise<readonly (readonly number[])[]>;
  /** The text of tokens that come after others. */
  textOf(tokens: readonly number[], before: readonly number[]): string;
  isEnd(token: number): boolean;
  /**
   * Tokens after a prompt, for as long as somebody asks for more. `onRead` receives how much of the prompt is in memory:
   * first what was there from the last one, then portion by portion.
   *
   * @throws WorkerError `engine.failed` | `engine.out-of-memory`
   */
  generate(
    prompt: readonly number[],
    sampling: Sampling,
    onRead: (tokens: number) => void,
  ): AsyncIterableIterator<number>;
}
