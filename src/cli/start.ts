import { createWorld } from '../compose.ts';
import { runCli } from './cli.ts';

/** Runs a command line in the real world and returns the exit code. */
export const start = async (argv: readonly string[]): Promise<number> => runCli(argv, await createWorld());
