import { setClaiming } from '../../claiming.ts';
import { command, JSON_ARG } from '../../command.ts';

/** Turns claiming off: what a window calls it. */
export const pause = command({
  summary: 'Take no more jobs until `resume`; the running one is finished',
  examples: ['studio-worker pause', 'studio-worker pause --json'],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{autoEnabled, workerTold, workerError?: {code, message}}',
  args: { ...JSON_ARG },
  run: (args, world) => setClaiming(false, args, world),
});
