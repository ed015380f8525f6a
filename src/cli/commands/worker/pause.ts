import { pausingCommand } from '../../pausing.ts';

/** Pauses the running worker. */
export const pause = pausingCommand(
  'pause',
  'Take no more jobs until `resume` or the next start; the running one is finished',
);
