import { claimingCommand } from '../claiming.ts';

/** Turns claiming on. */
export const enable = claimingCommand('enable', true, 'Take jobs again, now and after a restart');
