import { WorkerError } from '../../base/errors.ts';
import type { UpdateRequest } from '../../release/update/updater.ts';
import { command, JSON_ARG, type Values } from '../command.ts';
import { printJson, printLines } from '../output.ts';
import { followUpdate } from '../update-watch.ts';
import { reloadFacts, reloadText } from '../view/worker-reply.ts';
import type { World } from '../world.ts';
import type { Move } from '../../release/update/by-hand.ts';

const ARGS = {
  version: { type: 'string', valueHint: 'version', description: 'Install this version instead of the newest' },
  rollback: { type: 'boolean', description: 'Go back to the version that was replaced last' },
  force: { type: 'boolean', description: 'Install an older version, or one that did not work before' },
  'dry-run': { type: 'boolean', description: 'Show what would be installed, and install nothing' },
  pin: { type: 'string', valueHint: 'version', description: 'From now on move to this version only' },
  unpin: { type: 'boolean', description: 'Move to newer versions again' },
  off: { type: 'boolean', description: 'Do not update by itself from now on' },
  on: { type: 'boolean', description: 'Update by itself again' },
  ...JSON_ARG,
} as const;
type Args = Values<typeof ARGS> & { readonly config: string | undefined };

/** Moves to another release, by the running worker between two jobs, or at once where none runs. */
export const update = command({
  summary: 'Install a newer release, or choose how the worker updates itself',
  examples: [
    'studio-worker update',
    'studio-worker update --dry-run',
    'studio-worker update --version 0.6.0 --force',
    'studio-worker update --rollback',
    'studio-worker update --pin 0.6.0',
    'studio-worker update --off',
  ],
  exits: [
    { code: 1, means: 'the new version did not work and was rolled back' },
    { code: 65, means: 'the release is not what the project signed' },
    { code: 69, means: 'the release feed cannot be read, or has no such version' },
    { code: 73, means: 'the disk is full or the config file cannot be written' },
    { code: 77, means: 'the release is not for this installation, or the system does not let it be replaced' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{from, to?}, with --pin or --unpin {pinned}, with --on or --off {autoUpdateEnabled, workerTold}',
  args: ARGS,
  run: async (args, world) => {
    mustBeOne(args);
    if (args.pin !== undefined || args.unpin) return await pin(args, world);
    if (args.on || args.off) return await switchUpdates(args, world);
    const { version, force, rollback } = args;
    const request: UpdateRequest = { ...(version === undefined ? {} : { version }), force, rollback };
    const updates = await world.updates(args.config);
    const move = args['dry-run'] ? await updates.plan(request) : await install(request, args, world);
    if (args.json) printJson(world.terminal, move);
    else printLines(world.terminal, moveText(move, args['dry-run']));
  },
});

/** Flags that say different things to do. */
function mustBeOne(args: Args): void {
  const wishes = [
    args.pin !== undefined && '--pin',
    args.unpin && '--unpin',
    args.on && '--on',
    args.off && '--off',
    args.rollback && '--rollback',
    args.version !== undefined && '--version',
  ].filter((flag) => flag !== false);
  const [first, second] = wishes;
  if (second === undefined) return;
  throw new WorkerError('cli.usage', `${first} and ${second} do not go together`, {
    hint: 'Run `studio-worker update --help` for usage.',
  });
}

/** A running worker updates itself between two jobs; beside it, this program would replace a file that is in use. */
async function install(request: UpdateRequest, args: Args, world: World): Promise<Move> {
  const config = await world.openConfig(args.config, { readOnly: true });
  const followed = await followUpdate(request, world.control(config.path), {
    clock: world.clock,
    report: (text) => world.terminal.stderr.write(`${text}\n`),
  });
  return followed ?? (await (await world.updates(args.config)).install(request));
}

function moveText({ from, to }: Move, isPlan: boolean): string {
  if (to === undefined) return `up to date: ${from}`;
  return `${isPlan ? 'would update' : 'updated'}: ${from} -> ${to}`;
}

async function pin(args: Args, world: World): Promise<void> {
  await (await world.updates(args.config)).pin(args.pin);
  if (args.json) printJson(world.terminal, { pinned: args.pin ?? null });
  else printLines(world.terminal, args.pin === undefined ? 'no version is pinned' : `pinned to ${args.pin}`);
}

/** In the file first, so that the setting holds also where no worker runs to be told. */
async function switchUpdates(args: Args, world: World): Promise<void> {
  const config = await world.openConfig(args.config);
  await config.update({ autoUpdateEnabled: args.on });
  const asked = await world.control(config.path).ask('reload', {});
  if (args.json) printJson(world.terminal, { autoUpdateEnabled: args.on, ...reloadFacts(asked) });
  else printLines(world.terminal, `updates are ${args.on ? 'on' : 'off'}; ${reloadText(asked)}`);
}
