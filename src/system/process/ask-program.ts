import type { Clock } from '../clock.ts';
import type { ChildEnd, ChildEnvironment } from './child.ts';
import type { RunProgram } from './programs.ts';

export interface AskOptions {
  readonly env: ChildEnvironment;
  /** A program that takes longer is killed. */
  readonly limitMs: number;
  /** As much of what it prints as is kept, from its beginning; 64 K when left out. */
  readonly maxCharacters?: number;
  readonly signal?: AbortSignal;
}

/** What a program printed, and how it ended. */
export interface ProgramAnswer {
  readonly end: ChildEnd | { readonly is: 'timed-out' };
  readonly output: string;
  /** The end of its stderr, for an error's text. */
  readonly lastError: string;
}

/**
 * Runs a program that prints something and ends. Killed with everything it started when it takes too long or on abort,
 * and not waited for after that: a process that hangs in a driver cannot be killed.
 *
 * Rejects with the signal's reason on abort, and with the system's own error when the program cannot be started.
 */
export type AskProgram = (command: readonly string[], options: AskOptions) => Promise<ProgramAnswer>;

const MAX_CHARACTERS = 64 * 1024;
const MAX_ERROR_CHARACTERS = 500;

/** Asks by this way of starting programs. */
export const createAskProgram =
  (run: RunProgram, clock: Pick<Clock, 'after'>): AskProgram =>
  async (command, { env, limitMs, maxCharacters = MAX_CHARACTERS, signal }) => {
    signal?.throwIfAborted();
    let [output, lastError] = ['', ''];
    const program = run(command, {
      env,
      nice: 0, // it ends at once, and somebody waits for it
      onOutput: (text) => void (output = (output + text).slice(0, maxCharacters)),
      onError: (text) => void (lastError = (lastError + text).slice(-MAX_ERROR_CHARACTERS)),
    });
    const cut = Promise.withResolvers<{ readonly is: 'timed-out' }>();
    const disarm = clock.after(limitMs, () => cut.resolve({ is: 'timed-out' }));
    const onAbort = (): void => cut.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const end = await Promise.race([program.ended, cut.promise]);
      return { end, output, lastError: lastError.trim() };
    } finally {
      disarm();
      signal?.removeEventListener('abort', onAbort);
      program.killGroup('SIGKILL');
    }
  };
