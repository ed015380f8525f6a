import { command, LOG_ARGS } from '../command.ts';

export const run = command({
  summary: 'Take jobs from the studio and run them until stopped',
  examples: ['studio-worker run', 'studio-worker run --log-format json --log-level session=debug'],
  exits: [
    { code: 73, means: 'the disk is full or the config file cannot be written' },
    { code: 75, means: 'gave up reconnecting (ws_reconnect_attempts)' },
    { code: 77, means: 'the studio rejected this worker' },
    { code: 78, means: 'the config file is invalid' },
    { code: 130, means: 'stopped at once by a third signal' },
  ],
  args: {
    ...LOG_ARGS,
    'log-file': { type: 'boolean', description: 'Log to `daemon.log` beside the config file instead of stderr' },
  },
  run: (args, world) =>
    world.runWorker({
      configPath: args.config,
      logFormat: args['log-format'],
      logLevel: args['log-level'],
      logFile: args['log-file'],
    }),
});
