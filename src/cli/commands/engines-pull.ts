import { command, JSON_ARG } from '../command.ts';
import { showProgress } from '../view/model-progress.ts';
import { printJson, printLines } from '../output.ts';

/** Downloads binaries for a GPU ahead of the first job that needs them. */
export const pull = command({
  summary: 'Download the binaries for a GPU ahead of the first job',
  examples: ['studio-worker engines pull vulkan', 'studio-worker engines pull cuda --json'],
  exits: [
    { code: 65, means: 'the download does not match the release' },
    { code: 69, means: 'the download failed; run the command again to resume it' },
    { code: 73, means: 'the disk is full' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{pack, folder}',
  args: {
    pack: {
      type: 'positional',
      valueHint: 'name',
      description: 'Name of the pack, as `studio-worker engines` lists it',
    },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const packs = await world.packs(args.config);
    const view = showProgress(world, args.json);
    try {
      const { signal } = new AbortController(); // Ctrl-C ends the process; the next run resumes
      const folder = await packs.pull(args.pack, signal, view.report);
      if (args.json) printJson(world.terminal, { pack: args.pack, folder });
      else printLines(world.terminal, `${args.pack}: ${folder}`);
    } finally {
      view.stop();
    }
  },
});
