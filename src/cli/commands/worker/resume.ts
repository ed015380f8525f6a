import { pausingCommand } from '../../pausing.ts';

/** Ends the pause of the running worker. */
export const resume = pausingCommand('resume', 'Take jobs again after `pause`');
