import { WorkerError } from '../../base/errors.ts';
import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines } from '../output.ts';
import { toNumber } from '../args/values.ts';
import { reloadFacts, reloadText } from '../view/worker-reply.ts';

/** Sets the largest GPU-memory estimate of a job that the studio may offer. */
export const setThreshold = command({
  summary: 'Set the largest GPU-memory estimate, in GiB, of a job that the studio may offer',
  examples: ['studio-worker set-threshold 12', 'studio-worker set-threshold 7.5 --json'],
  exits: [
    { code: 73, means: 'the config file cannot be written' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{vramThresholdGb, workerTold, workerError?: {code, message}}',
  args: { gb: { type: 'positional', description: 'GiB of GPU memory; 0 takes only jobs that need none' }, ...JSON_ARG },
  run: async (args, world) => {
    const vramThresholdGb = toNumber('<gb>', args.gb);
    // The documented words for the one slip that is a number.
    if (vramThresholdGb < 0) throw new WorkerError('cli.usage', 'threshold must be >= 0');
    const config = await world.openConfig(args.config);
    await config.update({ vramThresholdGb });
    const asked = await world.control(config.path).ask('reload', {});
    if (args.json) printJson(world.terminal, { vramThresholdGb, ...reloadFacts(asked) });
    else {
      const saved = `vram_threshold_gb = ${vramThresholdGb}`;
      printLines(world.terminal, saved, ...(asked.is === 'failed' ? [reloadText(asked)] : []));
    }
  },
});
