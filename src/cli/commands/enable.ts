import { claimingCommand } from '../claiming.ts';

export const enable = claimingCommand('enable', true, 'Take jobs again, now and after a restart');
