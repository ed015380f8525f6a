import { command, JSON_ARG, type Values } from './command.ts';
import { printJson, printLines } from './output.ts';
import { reloadFacts, reloadText } from './view/worker-reply.ts';
import type { World } from './world.ts';

/** A command that turns claiming on or off, for good. */
export const claimingCommand = (name: string, enabled: boolean, summary: string) =>
  command({
    summary,
    examples: [`studio-worker ${name}`, `studio-worker ${name} --json`],
    exits: [
      { code: 73, means: 'the config file cannot be written' },
      { code: 78, means: 'the config file is invalid' },
    ],
    json: '{autoEnabled, workerTold, workerError?: {code, message}}',
    args: { ...JSON_ARG },
    run: (args, world) => setClaiming(enabled, args, world),
  });

/** For good, and for the running worker at once. */
async function setClaiming(
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
