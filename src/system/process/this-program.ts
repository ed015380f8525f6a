/*
 * This program as the top of it has it. It is loaded for a `--version`, too, so it imports nothing; and making
 * `process.stdout` would take longer than the rest of that answer (Bun 1.4.5).
 */

/** What closes at the end may take this long. */
const CLOSING_MS = 1_000;

/** What follows the name of the program on its command line. */
export const commandLine: readonly string[] = process.argv.slice(2);

/** Whether node-llama-cpp forked the program it is in, to try a binary where that can do no harm. */
export const isForkedToTryBinary = process.env['TEST_BINDING_CP'] === 'true' && process.send !== undefined;

/** Calls back with an error that nobody caught. */
export function onUncaughtError(call: (thrown: unknown) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, call);
}

/** Writes a short text to stdout; false when it is lost. A reader that has gone is no fault. */
export async function writeOut(text: string): Promise<boolean> {
  try {
    await Bun.write(Bun.stdout, text);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && (thrown.code === 'EPIPE' || thrown.code === 'EBADF');
  }
}

/** Writes a text to stderr. */
export function writeError(text: string): void {
  process.stderr.write(text);
}

/** Ends the process now, whatever is still going on. */
export const endNow = (code: number): never => process.exit(code);

/**
 * Lets the process end by itself, once nothing is left to do. Where something was left open it is ended a little later;
 * `onLeftOpen` is called before that.
 */
export function endByItself(code: number, onLeftOpen: () => void): void {
  process.exitCode = code;
  const limit = setTimeout(() => {
    onLeftOpen();
    process.exit();
  }, CLOSING_MS);
  limit.unref();
}
