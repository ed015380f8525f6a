import type { AskProgram } from '../system/process/ask-program.ts';
import type { ChildEnvironment } from '../system/process/child.ts';
import { MINUTE_MS } from '../base/units.ts';
import type { ServiceStep } from './service.ts';

/** What a command of the system's answered. */
export interface StepAnswer {
  /** -1 for one that did not end by itself. */
  readonly code: number;
  /** What it printed on stdout. */
  readonly output: string;
  /** The end of its stderr, or how it ended. */
  readonly lastError: string;
}

/** Runs a command of the system's to its end. Throws the system's own error when there is no such program. */
export type RunStep = (command: ServiceStep['command']) => Promise<StepAnswer>;

/** Long enough for a worker to finish its job before it is started anew. */
const STEP_MS = 5 * MINUTE_MS;

/** By this way of asking programs; `env` is all that they get to know. */
export const createRunStep =
  (ask: AskProgram, env: ChildEnvironment): RunStep =>
  async (command) => {
    const { end, output, lastError } = await ask(command, { env, limitMs: STEP_MS });
    if (end.is === 'exited') return { code: end.code, output, lastError };
    const because = end.is === 'timed-out' ? 'it did not end in time' : `it was killed by ${end.signal}`;
    return { code: -1, output, lastError: lastError || because };
  };

/** Whether a command ends as it should; one that there is no program for does not. */
export const succeeds = (runStep: RunStep, command: ServiceStep['command']): Promise<boolean> =>
  runStep(command).then(
    ({ code }) => code === 0,
    () => false,
  );
