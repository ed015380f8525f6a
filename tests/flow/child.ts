import { join } from 'node:path';
import { type Ended, runMain } from '../fakes/run-main.ts';
import { assertEndedByItself } from '../fakes/system/left-open.ts';
import { waitFor } from './wait-for.ts';

/** One line of the child's JSON log. */
export type ChildEvent = Readonly<Record<string, unknown>> & { readonly event: string };

/** The program as a process of its own. */
export interface ChildWorker extends AsyncDisposable {
  readonly pid: number;
  readonly folder: string;
  readonly configPath: string;
  readonly events: readonly ChildEvent[];
  readonly stderr: () => string;
  /** The exit code. Rejects when something that was left open had kept the program from ending by itself. */
  readonly exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
  /** The `nth` event of this name, now or later. */
  logged(event: string, nth?: number): Promise<ChildEvent>;
}

/** Nothing of this machine's settings reaches the program. */
const environment = (home: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  XDG_CONFIG_HOME: home,
  XDG_RUNTIME_DIR: home,
});

/** `studio-worker run` with the config in this folder; `variables` are all it gets beyond its own. */
export function spawnChild(folder: string, variables: Readonly<Record<string, string>> = {}): ChildWorker {
  const configPath = join(folder, 'config.toml');
  const argv = ['src/main.ts', 'run', '--config', configPath, '--log-format', 'json'];
  const env = { ...environment(folder), ...variables };
  const child = Bun.spawn([process.execPath, ...argv], { env, stdout: 'ignore', stderr: 'pipe' });
  return { ...watchLog(child), folder, configPath };
}

/** Follows the JSON log of a worker on its stderr. */
export function watchLog(
  child: Bun.Subprocess<'ignore' | undefined, 'ignore' | 'pipe', 'pipe'>,
): Omit<ChildWorker, 'folder' | 'configPath'> {
  const events: ChildEvent[] = [];
  let stderr = '';
  let ended = false;
  const read = (async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of child.stderr) {
      const text = decoder.decode(chunk, { stream: true });
      stderr += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) events.push(JSON.parse(line) as ChildEvent);
    }
  })();
  const exited = child.exited.then(async (code) => {
    ended = true;
    await read;
    assertEndedByItself(stderr);
    return code;
  });
  return {
    pid: child.pid,
    events,
    stderr: () => stderr,
    exited,
    kill: (signal) => child.kill(signal),
    async logged(name, nth = 1) {
      const find = (): ChildEvent | undefined => events.filter(({ event }) => event === name)[nth - 1];
      await waitFor(
        `event ${nth} of ${name} in the child`,
        () => find() !== undefined,
        () => stderr,
      );
      return find() ?? { event: name };
    },
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs one command of the program to its end. */
export const command = (folder: string, ...argv: string[]): Promise<Ended> =>
  runMain([...argv, '--config', join(folder, 'config.toml')], environment(folder));
