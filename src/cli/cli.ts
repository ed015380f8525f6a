import { WorkerError } from '../base/errors.ts';
import type { Command, CommandTable } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { describeFailure, exitCodeOf } from './exit.ts';
import { commandHelp, programHelp } from './view/help.ts';
import { printFailure, printLines } from './output.ts';
import { parseLine } from './args/parse.ts';
import type { World } from './world.ts';

/** Runs one command line to its end and returns the exit code. Whatever goes wrong is printed here and nowhere else. */
export async function runCli(
  argv: readonly string[],
  world: World,
  commands: CommandTable = COMMANDS,
): Promise<number> {
  const { terminal } = world;
  const code = await attempt(argv, world, commands);
  await terminal.drain();
  const { failure } = terminal.stdout;
  if (failure === undefined) return code;
  const error = new WorkerError('output.not-written', `cannot write the output: ${failure.message}`, {
    cause: failure,
    hint: 'Free some disk space, or write to another place.',
  });
  printFailure(terminal, describeFailure(error));
  await terminal.drain();
  return code === 0 ? exitCodeOf(error) : code; // what it found out stays its answer
}

async function attempt(argv: readonly string[], world: World, commands: CommandTable): Promise<number> {
  let run = '';
  try {
    const { path, command, help, canonical } = await parseLine(argv, commands);
    run = ['studio-worker', ...path].join(' ');
    if (command === undefined || help) {
      printLines(world.terminal, await helpFor(path, command, commands));
      return 0;
    }
    return (await command.run?.(canonical, { world, commands })) ?? 0;
  } catch (thrown) {
    printFailure(world.terminal, describeFailure(withUsage(thrown, run)));
    return exitCodeOf(thrown);
  }
}

/** A wrong argument with what to do, where the command has nothing better to say. */
function withUsage(thrown: unknown, run: string): unknown {
  if (!(thrown instanceof WorkerError) || thrown.code !== 'cli.usage' || thrown.hint !== undefined || run === '') {
    return thrown;
  }
  const { message, cause, fields } = thrown;
  return new WorkerError('cli.usage', message, { cause, fields, hint: `Run \`${run} --help\` for usage.` });
}

const helpFor = (path: readonly string[], command: Command | undefined, commands: CommandTable): Promise<string> =>
  command === undefined ? programHelp(commands) : commandHelp(path, command);
