import { WorkerError } from '../../base/errors.ts';

/** Of a person who starts a child of the worker; `instead` is what to do. */
export const startedByHand = (command: `__${string}`, instead: string): WorkerError =>
  new WorkerError('cli.usage', `\`${command}\` is started by the worker itself`, { hint: instead });
