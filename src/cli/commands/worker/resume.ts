import { claimingCommand } from '../../claiming.ts';

/** Turns claiming on: what a window calls it. */
export const resume = claimingCommand('resume', true, 'Take jobs again after `pause`');
