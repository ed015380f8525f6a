import type { JSON_ARG, Values } from './command.ts';
import { printJson, printLines } from './output.ts';
import { reloadFacts, reloadText } from './view/worker-reply.ts';
import type { World } from './world.ts';

/** Turns claiming on or off for good, and for the running worker at once. Shared by `enable` and `disable`. */
export async function setClaiming(
  enabled: boolean,
  args: Values<typeof JSON_ARG> & { readonly config: string | undefined },
  world: World,
): Promise<void> {
  const config = await world.openConfig(args.config);
  await config.update({ autoEnabled: enabled });
  const asked = await world.control(config.path).ask('reload', {});
  if (args.json) return printJson(world.terminal, { autoEnabled: enabled, ...reloadFacts(asked) });
  printLines(world.terminal, `claiming is ${enabled ? 'on' : 'off'}; ${reloadText(asked)}`);
}
