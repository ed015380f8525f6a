import { createAskProgram } from '../process/ask-program.ts';
import { runProgram } from '../process/programs.ts';
import { systemClock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import type { Surroundings, UnknownReading } from './readings.ts';

/** A system that takes longer counts as one that does not tell. */
const LIMIT_MS = 3_000;

/** Asks this machine, anew each time. No answer is one of the readings: nothing rejects. */
export function createSurroundings(environment: Environment): Surroundings {
  let opening: Promise<Surroundings> | undefined;
  const open = (): Promise<Surroundings> => (opening ??= surroundingsOf(environment));
  return {
    power: async () => await (await open()).power().catch(untold),
    programs: async () => await (await open()).programs().catch(untold),
    fullScreen: async () => await (await open()).fullScreen().catch(untold),
  };
}

/** That of this system, loaded with the first reading: its buses take milliseconds of a start. */
async function surroundingsOf(environment: Environment): Promise<Surroundings> {
  const ask = createAskProgram(runProgram, systemClock);
  const { platform } = environment;
  if (platform === 'darwin') return (await import('./macos.ts')).macSurroundings({ ask, limitMs: LIMIT_MS });
  if (platform === 'win32') return (await import('./windows.ts')).windowsSurroundings({ ask, limitMs: LIMIT_MS });
  const { linuxSurroundings } = await import('./linux.ts');
  return linuxSurroundings(environment, { clock: systemClock, limitMs: LIMIT_MS });
}

const untold = (thrown: unknown): UnknownReading => ({
  is: 'unknown',
  because: thrown instanceof Error ? thrown.message : 'no answer',
});
