import { constants, setPriority } from 'node:os';
import { asText, type ChildEnvironment, startChild, type StartedChild } from './child.ts';

/** A program of somebody else that does one thing and ends. */
export type Program = Pick<StartedChild, 'pid' | 'ended' | 'killGroup'>;

export interface ProgramOptions {
  readonly env: ChildEnvironment;
  /** Its niceness: 0 is normal priority, 19 the lowest. */
  readonly nice: number;
  readonly onOutput: (text: string) => void;
  readonly onError: (text: string) => void;
  /** What is written to its stdin, as fast as it reads. Its stdin ends with this, or when this fails. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/** Starts a program whose output is read. A command that cannot be started throws the system's own error. */
export type RunProgram = (command: readonly string[], options: ProgramOptions) => Program;

/** As a child of this process, at the priority asked for. */
export const runProgram: RunProgram = (command, { env, nice, onOutput, onError, input }) => {
  const child = startChild(command, {
    env,
    stdin: input === undefined ? 'ignore' : 'pipe',
    stdout: asText(onOutput),
    stderr: asText(onError),
  });
  lowerPriority(child.pid, nice);
  if (input !== undefined && child.stdin !== undefined) void feed(child.stdin, input);
  return child;
};

/** Part by part: the next is asked for when this one is in the pipe, so that no more than one is held here. */
async function feed(stdin: Bun.FileSink, input: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const part of input) {
      await stdin.write(part);
      await stdin.flush();
    }
    await stdin.end();
  } catch {
    // It does not read any more, or whoever makes the input failed and knows: its exit explains the rest.
    await Promise.resolve(stdin.end()).catch(() => {});
  }
}

function lowerPriority(pid: number, nice: number): void {
  try {
    setPriority(pid, Math.min(nice, constants.priority.PRIORITY_LOW));
  } catch {
    // it has ended already, or the system does not let us; the work is the same
  }
}
