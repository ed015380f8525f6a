import { readdirSync, readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { systemClock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import { createAskProgram } from '../process/ask-program.ts';
import { childEnvironment, processVariables } from '../process/processes.ts';
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
 * What a command on the PATH prints: the first of its name that runs, as one that is broken hides none behind it. One that
 * hangs is believed to hang in the driver, where the next would as well.
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
  const env = childEnvironment(processVariables(), path === undefined ? {} : { PATH: path });
  let because = 'not installed';
  for (const program of everyOnPath(name, path)) {
    const answer = await ask([program, ...args], { env, limitMs }).catch((thrown: unknown) => errorChain(thrown));
    if (typeof answer === 'string') {
      because = answer;
      continue;
    }
    const { end, output } = answer;
    if (end.is === 'timed-out') throw noAnswer(`no answer within ${limitMs} ms`);
    if (end.is === 'exited' && end.code === 0) return output;
    because = end.is === 'killed' ? `ended by ${end.signal}` : `ended with status ${end.code}`;
  }
  throw noAnswer(because);
}

/** Every file of this name on the PATH that may be run, the preferred one first. A folder that cannot be read has none. */
function everyOnPath(name: string, path: string = process.env['PATH'] ?? ''): readonly string[] {
  const found = path.split(delimiter).flatMap((folder) => Bun.which(name, { PATH: folder }) ?? []);
  return [...new Set(found)];
}
