import { toWorkerError } from '../src/base/errors.ts';

/** Runs a script's main function: what it throws is printed with its hint, and ends the script with 1. */
export async function atTop(main: () => void | Promise<void>): Promise<void> {
  try {
    await main();
  } catch (thrown) {
    const error = toWorkerError(thrown);
    console.error(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
    process.exitCode = 1;
  }
}
