import { pause } from '../../../base/pause.ts';
import { errorChain, toWorkerError } from '../../../base/errors.ts';
import { SECOND_MS } from '../../../base/units.ts';
import { BOOTSTRAP_ARGS, bootstrapTokenOf } from '../../args/bootstrap-token.ts';
import { toHttpUrl } from '../../args/values.ts';
import { command, JSON_ARG } from '../../command.ts';
import { factLine, printJson, printLines } from '../../output.ts';
import { lingerLines } from '../../view/service-view.ts';
import type { OpenedConfig } from '../../world/config.ts';
import type { ServiceControl } from '../../world/service.ts';
import type { World } from '../../world.ts';

/** From an installed program to a worker that runs and starts by itself. Running it again changes nothing. */
export const setup = command({
  summary: 'Register this machine, start the worker, and start it with the machine',
  examples: [
    'studio-worker setup',
    'studio-worker setup --headless --api-base-url https://studio.example.com --bootstrap-token-file ./token',
  ],
  exits: [
    { code: 69, means: 'the service was not started, or the studio could not be reached to redeem the token' },
    { code: 73, means: 'a file cannot be written' },
    { code: 77, means: 'the studio rejected the bootstrap token' },
    { code: 78, means: 'the config file is invalid, or the URL is plain http to another machine' },
  ],
  json: '{machineName, studio, configPath, service: {manager, path, state}, lingering?, workerId?, workerPid?}',
  args: {
    headless: { type: 'boolean', description: 'For a machine without a desktop: run also while nobody is logged in' },
    'api-base-url': { type: 'string', valueHint: 'url', description: 'URL of the studio; credentials are kept' },
    ...BOOTSTRAP_ARGS,
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const service = await world.service(args.config);
    await service.prepare();
    const config = await world.openConfig(args.config);
    const apiBaseUrl = args['api-base-url'];
    if (apiBaseUrl !== undefined) await config.update({ apiBaseUrl: toHttpUrl('--api-base-url', apiBaseUrl) });
    const token = await bootstrapTokenOf(args, world);
    // One token is good for one registration: a second run of the same line has nothing to redeem.
    if (token !== undefined && config.values.workerId === undefined) await config.bootstrap(token);

    const problem = await startByItself(service, { enabled: config.values.autoStart, linger: args.headless });
    await startIconAtLogin(service, config, args.headless);
    const pid = config.values.autoStart ? await pidOfWorker(world, config.path, service) : undefined;
    const lingering = config.values.autoStart ? await service.lingering() : undefined;
    const { manager, path } = service;
    if (args.json) {
      return printJson(world.terminal, {
        machineName: world.machineName,
        studio: config.values.apiBaseUrl,
        configPath: config.path,
        service: { manager, path, state: await service.state() },
        lingering,
        workerId: config.values.workerId,
        workerPid: pid,
      });
    }
    printLines(
      world.terminal,
      factLine('machine', world.machineName),
      factLine('studio', config.values.apiBaseUrl),
      factLine('config path', config.path),
      ...serviceLines(config, service, pid),
      ...(problem === undefined ? lingerLines(lingering) : [problem]),
      nextStep(world, config),
    );
  },
});

/** The icon has an entry of its own (studio contract: login entries), unless the operator said no. */
async function startIconAtLogin(service: ServiceControl, config: OpenedConfig, headless: boolean): Promise<void> {
  const { autoStart, iconAtLogin } = config.values;
  const enabled = autoStart && !headless && iconAtLogin !== false;
  if (enabled && iconAtLogin === undefined) await config.update({ iconAtLogin: true });
  await service.syncLogin(enabled);
}

/** Installs the service or removes it, as the config says. Gives what keeps the account from lingering, if it was asked to. */
async function startByItself(
  service: ServiceControl,
  { enabled, linger }: { readonly enabled: boolean; readonly linger: boolean },
): Promise<string | undefined> {
  if (!enabled) {
    await service.uninstall();
    return undefined;
  }
  await service.install();
  if (!linger || (await service.lingering()) !== 'off') return undefined;
  try {
    await service.enableLinger();
    return undefined;
  } catch (thrown) {
    return `note: ${errorChain(thrown)}. ${toWorkerError(thrown).hint ?? ''}`; // the worker runs all the same
  }
}

/** Only systemd waits for the worker to be ready; under others it answers a moment after its start. */
async function pidOfWorker(world: World, configPath: string, service: ServiceControl): Promise<number | undefined> {
  for (let left = service.manager === 'systemd' ? 1 : 20; left > 0; left--) {
    const asked = await world.control(configPath).ask('status', {});
    if (asked.is === 'answered') return asked.answer.pid;
    if (left > 1) await pause(world.clock, SECOND_MS / 4);
  }
  return undefined;
}

function serviceLines(
  { values }: OpenedConfig,
  { manager, path }: ServiceControl,
  pid: number | undefined,
): readonly string[] {
  if (!values.autoStart) return [factLine('service', 'none, since auto_start is false')];
  return [
    factLine('service', `${manager}, ${path}`),
    factLine('worker', pid === undefined ? 'started, and does not answer yet' : `running (pid ${pid})`),
  ];
}

/** One thing to do, or nothing. */
function nextStep({ machineName }: World, { values }: OpenedConfig): string {
  const isApproved = values.workerId !== undefined;
  if (!values.autoStart) return `Next: run \`studio-worker run\`${isApproved ? '' : ', and approve it in the studio'}`;
  if (isApproved) return `Registered as ${values.workerId}: jobs come by themselves`;
  return `Next: approve ${machineName} in the studio at ${values.apiBaseUrl}`;
}
