import { claimingCommand } from '../../claiming.ts';

/** Turns claiming off: what a window calls it. */
export const pause = claimingCommand('pause', false, 'Take no more jobs until `resume`; the running one is finished');
