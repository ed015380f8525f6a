/** One message of a chat. */
export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** How a chat is answered; what is left out is the model's own. */
export interface ChatSettings {
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
}

export interface ChatChoice {
  readonly configPath: string | undefined;
  readonly model: string;
  readonly settings: ChatSettings;
}

/** An answer that has ended. */
export interface ChatAnswer {
  readonly text: string;
  /** `length`: it was cut at the most tokens. */
  readonly finish: string;
}

/** A model of this machine to chat with: in the running worker, or in this process where none runs. */
export interface LocalChat extends AsyncDisposable {
  readonly model: string;
  /**
   * Answers the last message. Text is handed on as it is written, and never taken back.
   *
   * @throws WorkerError what the model fails with; rejects with the signal's reason
   */
  answer(turns: readonly ChatTurn[], onText: (text: string) => void, signal: AbortSignal): Promise<ChatAnswer>;
}

/** What somebody did at the prompt. */
export type Typed =
  | { readonly is: 'line'; readonly text: string }
  /** Ctrl-C. */
  | { readonly is: 'interrupted' }
  /** Ctrl-D. */
  | { readonly is: 'ended' };

/** Asks for the next line at the terminal, with a history that arrow keys go through. */
export type AskLine = (prompt: string) => Promise<Typed>;

/**
 * Runs work that Ctrl-C ends instead of the program. A second one, or another signal, ends the program, too, which
 * `mayStay` tells.
 */
export type Interruptible = <T>(
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<{ readonly is: 'done'; readonly value: T } | { readonly is: 'interrupted'; readonly mayStay: boolean }>;
