import { command, JSON_ARG, type Values } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import type { OpenedUi } from '../../../ui/only-ui.ts';
import type { World } from '../../world.ts';

/** Opens the window of the running worker, starts a worker where none runs, and stays as an icon in the tray. */
export const ui = command({
  summary: 'Open the window and the tray icon of the worker; start a worker if none runs',
  examples: ['studio-worker ui', 'studio-worker ui --login on', 'studio-worker ui --print'],
  exits: [
    { code: 73, means: 'the entry or the config file cannot be written' },
    { code: 69, means: 'no worker runs and none could be started, or the running one serves no window' },
  ],
  json: '{shown: app|browser|none, url, startedWorker}, with --login {iconAtLogin}',
  args: {
    minimised: { type: 'boolean', description: 'Start in the tray without opening the window' },
    login: {
      type: 'enum',
      options: ['on', 'off'],
      description: 'Whether the icon starts at each login; opens nothing now',
    },
    print: { type: 'boolean', description: 'Print the address instead of opening it, such as for a forwarded port' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    if (args.login !== undefined) return await setLogin(args.login === 'on', args, world);
    const printOnly = args.print || args.json;
    const opened = await world.openWindow({ configPath: args.config, printOnly, minimised: args.minimised });
    const { shown, url, startedWorker } = opened;
    if (args.json) printJson(world.terminal, { shown, url, startedWorker });
    else printLines(world.terminal, ...linesOf(opened, args));
    await opened.stays;
  },
});

/** The config says so for whoever looks, such as the window. */
async function setLogin(
  enabled: boolean,
  args: Values<typeof JSON_ARG> & { readonly config: string | undefined },
  world: World,
): Promise<void> {
  const service = await world.service(args.config);
  await service.prepare();
  const config = await world.openConfig(args.config);
  await config.update({ iconAtLogin: enabled });
  await service.syncLogin(enabled);
  if (args.json) return printJson(world.terminal, { iconAtLogin: enabled });
  printLines(
    world.terminal,
    enabled ? 'the icon starts in the tray at each login' : 'the icon no longer starts at a login',
  );
}

const STAYS = 'the icon stays in the tray until you quit it there, or press Ctrl-C here';

function linesOf(
  { shown, url, startedWorker, raised, stays }: OpenedUi,
  { print, minimised }: { readonly print: boolean; readonly minimised: boolean },
): readonly string[] {
  if (raised)
    return [minimised ? 'the icon is there already' : 'the icon that is there already brings its window to the front'];
  const started = startedWorker ? ['a worker was started; it keeps running when the window is closed'] : [];
  const icon = stays === undefined ? [] : [STAYS];
  if (shown !== 'none') return [...started, shown === 'app' ? 'opened a window' : 'opened in the browser', ...icon];
  if (minimised && stays !== undefined) return [...started, ...icon];
  const why = print ? [] : ['no browser was found here; open this address on this machine, once, within a minute:'];
  return [...started, ...why, url, ...icon];
}
