import { createAskProgram } from '../process/ask-program.ts';
import { runProgram } from '../process/programs.ts';
import { systemClock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import { linuxSurroundings } from './linux.ts';
import { macSurroundings } from './macos.ts';
import type { Surroundings, Untold } from './readings.ts';
import { windowsSurroundings } from './windows.ts';

/** A system that takes longer counts as one that does not tell. */
const LIMIT_MS = 3_000;

/** Asks this machine, anew each time. No answer is one of the readings: nothing rejects. */
export function createSurroundings(environment: Environment): Surroundings {
  return neverRejecting(surroundingsOf(environment));
}

function surroundingsOf(environment: Environment): Surroundings {
  const ask = createAskProgram(runProgram, systemClock);
  if (environment.platform === 'darwin') return macSurroundings({ ask, limitMs: LIMIT_MS });
  if (environment.platform === 'win32') return windowsSurroundings({ ask, limitMs: LIMIT_MS });
  return linuxSurroundings(environment, { clock: systemClock, limitMs: LIMIT_MS });
}

const neverRejecting = ({ power, programs, fullScreen }: Surroundings): Surroundings => ({
  power: () => power().catch(untold),
  programs: () => programs().catch(untold),
  fullScreen: () => fullScreen().catch(untold),
});

const untold = (thrown: unknown): Untold => ({
  is: 'unknown',
  because: thrown instanceof Error ? thrown.message : 'no answer',
});
