import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { lingerLines } from '../../view/service-view.ts';

/** Has the system start the worker, now and with the machine or at a login. */
export const installService = command({
  summary: 'Start the worker as a service, now and at every login',
  examples: ['studio-worker install-service', 'studio-worker install-service --linger'],
  exits: [
    { code: 69, means: 'the service was not started, or this machine has no service manager' },
    { code: 73, means: 'its file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{manager, path, isolated?, lingering?}',
  args: {
    linger: { type: 'boolean', description: 'Keep it running when nobody is logged in (Linux)' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const service = await world.service(args.config);
    const { isolated } = await service.install();
    if (args.linger) await service.enableLinger();
    const lingering = await service.lingering();
    const { manager, path } = service;
    if (args.json) return printJson(world.terminal, { manager, path, isolated, lingering });
    printLines(
      world.terminal,
      `wrote service unit: ${path}`,
      'activated service unit',
      ...(isolated === false ? [NOT_ISOLATED] : []),
      ...lingerLines(lingering),
    );
  },
});

const NOT_ISOLATED =
  'note: this system grants services no user namespaces, so the worker may write wherever this account may';
