/** Runs the worker from source and restarts it after each edit: `bun run dev [flags of run]`. */
import { watch } from 'node:fs';
import { type Clock, systemClock } from '../src/system/clock.ts';
import { type ChildEnd, startChild } from '../src/system/process/child.ts';
import { type Child, ownEnvironment } from '../src/system/process/processes.ts';
import { onStopSignals, type OnStopSignals } from '../src/system/process/signals.ts';

export interface DevOptions {
  /** The worker, as a command. */
  readonly command: readonly string[];
  readonly spawn: (...args: Parameters<typeof startChild>) => Child;
  /** Calls back for each changed file; the returned function ends that. */
  readonly onChange: (call: (path: string) => void) => () => void;
  readonly onStopSignals: OnStopSignals;
  readonly clock: Pick<Clock, 'after'>;
  readonly say: (line: string) => void;
}

/** A save of several files, or a change of branch, is one edit. */
const SETTLE_MS = 150;

/**
 * Keeps one worker running until a stop signal, and resolves once there is none.
 *
 * An edit only asks: the worker takes no new offer, finishes its job, delivers it and ends by itself, and only then is
 * the next one started, so that no job is lost to a save and no two workers ever claim at the same time.
 */
export async function dev(options: DevOptions): Promise<void> {
  const { say, clock } = options;
  const stop = new AbortController();
  let asked = false;
  let child: Child | undefined;
  let wake = Promise.withResolvers<void>();
  let cancelSettle = (): void => {};
  using ends = new DisposableStack();
  ends.defer(() => cancelSettle());

  const onEdit = (path: string): void => {
    wake.resolve();
    if (child === undefined || asked || stop.signal.aborted) return;
    asked = true;
    say(`${path} changed: the worker restarts once its job is done`);
    child.kill('SIGTERM'); // once: a second one would hand the job back
  };
  const unwatch = options.onChange((path) => {
    cancelSettle();
    cancelSettle = clock.after(SETTLE_MS, () => onEdit(path));
  });
  ends.defer(unwatch);
  const unlisten = options.onStopSignals((_signal, count) => {
    stop.abort();
    wake.resolve();
    // An edit's request was the first already; further signals mean to the worker what they mean to us.
    if (!asked || count > 1) child?.kill('SIGTERM');
  });
  ends.defer(unlisten);

  while (!stop.signal.aborted) {
    asked = false;
    wake = Promise.withResolvers();
    child = options.spawn(options.command, { env: ownEnvironment(process.env), stdout: 'inherit', stderr: 'inherit' });
    const end = await child.ended;
    child = undefined;
    if (stop.signal.aborted || asked) continue;
    say(`the worker ${describe(end)}; it restarts after the next change`);
    await wake.promise;
  }
}

const describe = (end: ChildEnd): string =>
  end.is === 'exited' ? `ended with code ${end.code}` : `was ended by ${end.signal}`;

/** Every change of a source file below a folder. */
export const watchSources =
  (folder: string): DevOptions['onChange'] =>
  (call) => {
    const watcher = watch(folder, { recursive: true }, (_kind, name) => {
      if (name !== null && /\.(ts|json|html|css)$/.test(name)) call(`${folder}/${name}`);
    });
    return () => watcher.close();
  };

if (import.meta.main) {
  await dev({
    // With `--no-orphans` the worker ends with us, even if we are killed: nothing goes on claiming unseen.
    command: [process.execPath, '--no-orphans', 'src/main.ts', 'run', ...process.argv.slice(2)],
    spawn: startChild,
    onChange: watchSources('src'),
    onStopSignals,
    clock: systemClock,
    say: (line) => console.error(`dev: ${line}`),
  });
}
