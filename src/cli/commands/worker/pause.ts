import { pausingCommand } from '../../pausing.ts';

export const pause = pausingCommand(
  'pause',
  'Take no more jobs until `resume` or the next start; the running one is finished',
);
