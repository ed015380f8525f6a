import { command, JSON_ARG } from '../../command.ts';
import { printFailure, printJson, printLines } from '../../output.ts';
import { onOneLine } from '../../view/text-width.ts';

/** Stops the service and removes its file. */
export const uninstallService = command({
  summary: 'Stop the service and remove it',
  examples: ['studio-worker uninstall-service', 'studio-worker uninstall-service --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: '{manager, path, removed, failures: [text]}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const service = await world.service(args.config);
    const { removed, failures } = await service.uninstall();
    const { manager, path } = service;
    if (args.json) return printJson(world.terminal, { manager, path, removed, failures });
    for (const failure of failures) printFailure(world.terminal, `warning: ${onOneLine(failure)}\n`);
    printLines(world.terminal, removed ? `removed service unit: ${path}` : `no service unit to remove at ${path}`);
  },
});
