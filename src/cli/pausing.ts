import { command, JSON_ARG } from './command.ts';
import { printJson, printLines } from './output.ts';
import { answerOrThrow, runningWorker, NO_WORKER_EXITS } from './running.ts';

/** A command that pauses the running worker, or resumes it: for now, where `disable` and `enable` are for good. */
export const pausingCommand = (name: 'pause' | 'resume', summary: string) =>
  command({
    summary,
    examples: [`studio-worker ${name}`, `studio-worker ${name} --json`],
    exits: NO_WORKER_EXITS,
    json: '{paused, autoEnabled}',
    args: { ...JSON_ARG },
    async run(args, world) {
      const { control } = await runningWorker(args.config, world);
      const { paused, enabled } = answerOrThrow(await control.ask(name, {}));
      if (args.json) return printJson(world.terminal, { paused, autoEnabled: enabled });
      printLines(world.terminal, paused ? PAUSED : enabled ? RESUMED : STILL_OFF);
    },
  });

const PAUSED = 'the worker is paused: it takes no jobs until `studio-worker resume` or its next start';
const RESUMED = 'the worker takes jobs again';
const STILL_OFF = 'the worker is not paused, but claiming is off: run `studio-worker enable` to take jobs';
