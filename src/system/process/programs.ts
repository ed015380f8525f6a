import { constants, setPriority } from 'node:os';
import { type Child, type ChildEnd, childEnvironment, type Variables } from './processes.ts';

/** A program of somebody else that does one thing and ends. */
export interface Program extends Pick<Child, 'pid' | 'ended'> {
  /** Signals it and whatever it started. Nothing happens when all of them have ended. */
  killGroup(signal: NodeJS.Signals): void;
}

export interface ProgramOptions {
  /** Without the secrets among them: it is not our program. */
  readonly env: Variables;
  /** How far it stands back for other programs, 0 to 19. */
  readonly nice: number;
  readonly onOutput: (text: string) => void;
  readonly onError: (text: string) => void;
  /** What is written to its stdin, as fast as it reads. Its stdin ends with this, or when this fails. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/** Starts a program whose output is read. A command that cannot be started throws the system's own error. */
export type RunProgram = (command: readonly string[], options: ProgramOptions) => Program;

/** What it said last was written before it ended, and is read within this time, unless something keeps the pipe. */
const LAST_WORDS_MS = 200;

/** In a process group of its own, so that it ends with everything it started. */
export const runProgram: RunProgram = (command, { env, nice, onOutput, onError, input }) => {
  const child = Bun.spawn([...command], {
    env: { ...childEnvironment(env) },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  standBack(child.pid, nice);
  if (input !== undefined && child.stdin !== undefined) void feed(child.stdin, input);
  const killGroup = (signal: NodeJS.Signals): void => {
    try {
      if (process.platform === 'win32') child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // gone already
    }
  };
  const heard = Promise.all([hear(child.stdout, onOutput), hear(child.stderr, onError)]);
  const end = async (): Promise<ChildEnd> => {
    const code = await child.exited;
    killGroup('SIGKILL'); // what it started must not outlive it
    await Promise.race([heard, Bun.sleep(LAST_WORDS_MS)]);
    return child.signalCode === null ? { is: 'exited', code } : { is: 'killed', signal: String(child.signalCode) };
  };
  return { pid: child.pid, ended: end(), killGroup };
};

async function hear(stream: ReadableStream<Uint8Array>, call: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) call(decoder.decode(chunk, { stream: true }));
}

/** Part by part: the next is asked for when this one is in the pipe, so that no more than one is held here. */
async function feed(stdin: Bun.FileSink, input: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const part of input) {
      await stdin.write(part);
      await stdin.flush();
    }
    await stdin.end();
  } catch {
    // It does not read any more, or whoever makes the input failed and knows: its exit says the rest.
    await Promise.resolve(stdin.end()).catch(() => {});
  }
}

function standBack(pid: number, nice: number): void {
  try {
    setPriority(pid, Math.min(nice, constants.priority.PRIORITY_LOW));
  } catch {
    // it has ended already, or the system does not let us; the work is the same
  }
}
