import { claimingCommand } from '../claiming.ts';

export const disable = claimingCommand(
  'disable',
  false,
  'Take no more jobs, now and after a restart; the running one is finished',
);
