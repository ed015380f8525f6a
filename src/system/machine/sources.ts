import { readdirSync, readFileSync } from 'node:fs';
import { WorkerError } from '../../base/errors.ts';
import { systemClock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import { createAskProgram } from '../process/ask-program.ts';
import { childEnvironment, ourVariables } from '../process/processes.ts';
import { runProgram } from '../process/programs.ts';

/** Why a source has no answer. Stays among the probes: its message becomes one of the reasons in a report. */
export const noAnswer = (because: string): WorkerError => new WorkerError('native.unavailable', because);

/** Names in a folder of the kernel's, sorted; none when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return []; // no such driver on this machine
  }
}

/** A file of the kernel's; undefined when it is not there or not ours to read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // another vendor's card, or none of our business
  }
}

const ask = createAskProgram(runProgram, systemClock);

/**
 * What a command on the PATH prints.
 *
 * @throws WorkerError `native.unavailable` saying why there is no answer
 */
export async function answerOf(
  command: readonly string[],
  environment: Pick<Environment, 'get'>,
  limitMs: number,
): Promise<string> {
  const [name = '', ...args] = command;
  const path = environment.get('PATH');
  const found = Bun.which(name, path === undefined ? {} : { PATH: path });
  if (found === null) throw noAnswer('not installed');
  const env = childEnvironment(ourVariables(), path === undefined ? {} : { PATH: path });
  const { end, output } = await ask([found, ...args], { env, limitMs });
  if (end.is === 'timed-out') throw noAnswer(`no answer within ${limitMs} ms`);
  if (end.is === 'killed') throw noAnswer(`ended by ${end.signal}`);
  if (end.code !== 0) throw noAnswer(`ended with status ${end.code}`);
  return output;
}
