import type { RunProgram } from './programs.ts';

export interface BindOptions {
  readonly platform: NodeJS.Platform;
  /** This process, which the programs are not to outlive. */
  readonly pid: number;
  /** This program, to be started once more; see `__program`. */
  readonly ownCommand: readonly string[];
}

/** Programs that end with this process, even when it is killed. On systems that cannot do that, just programs. */
export const bindPrograms = (run: RunProgram, { platform, pid, ownCommand }: BindOptions): RunProgram =>
  platform === 'linux'
    ? (command, options) => run([...ownCommand, '__program', String(pid), String(options.nice), ...command], options)
    : run;
