import type { Asked } from '../worker/control/client.ts';
import type { JSON_ARG, Values } from './command.ts';
import { printJson, printLines } from './output.ts';
import type { World } from './world.ts';

/** Switches claiming for good, and for the running worker at once. Shared by `enable` and `disable`. */
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

/** What a command that changed the config prints of the running worker as JSON. */
export const reloadFacts = (asked: Asked<unknown>): Readonly<Record<string, unknown>> => ({
  workerTold: asked.is === 'answered',
  ...failureFacts(asked),
});

/** Why a worker that runs did not do what it was asked for; nothing when it did, or when there is none. */
export const failureFacts = (asked: Asked<unknown>): Readonly<Record<string, unknown>> =>
  asked.is === 'failed' ? { workerError: { code: asked.error.code, message: asked.error.message } } : {};

function reloadText(asked: Asked<unknown>): string {
  switch (asked.is) {
    case 'answered':
      return 'applied to the running worker';
    case 'not-running':
      return 'no worker is running; applies at the next start';
    case 'failed':
      return `saved, but not applied: ${asked.error.message}. ${asked.error.hint ?? 'Restart the worker to apply it.'}`;
    default:
      return asked satisfies never;
  }
}
