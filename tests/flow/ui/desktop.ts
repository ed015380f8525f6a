import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SessionBus, sessionBus } from '../../fakes/system/session-bus.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type TrayWatcher, trayWatcher } from '../../fakes/system/tray-watcher.ts';
import { assertEndedByItself } from '../../fakes/system/left-open.ts';
import { setupStudio } from '../harness.ts';
import { command } from '../child.ts';
import { waitFor } from '../wait-for.ts';

/** `studio-worker ui` as a process of its own. */
export interface UiProcess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
  kill(signal: NodeJS.Signals): void;
}

/** A login of an account that has a config: a message bus, a tray, a browser that only notes what it is to open. */
export async function desktop(lines: readonly string[] = []) {
  const stack = new AsyncDisposableStack();
  const scene = stack.use(await setupStudio());
  const bus: SessionBus = stack.use(await sessionBus());
  const folder = stack.use(await tempFolder());
  const { workerId, authToken } = await scene.studio.enrol();
  const config = [
    `api_base_url = "${scene.studio.url}"`,
    `worker_id = "${workerId}"`,
    `auth_token = "${authToken}"`,
    'local_api_port = 0',
    `models_root = "${folder.at('models')}"`,
    ...lines,
  ];
  await writeFile(folder.at('config.toml'), `${config.join('\n')}\n`);
  const opened = folder.at('opened');
  await mkdir(folder.at('bin'));
  await writeFile(folder.at('bin/xdg-open'), `#!/bin/sh\necho "$1" >> ${opened}\n`, { mode: 0o755 });
  const pidIn = (name: string): number | undefined =>
    existsSync(folder.at(name)) ? Number.parseInt(readFileSync(folder.at(name), 'utf8'), 10) : undefined;
  const workerPid = (): number | undefined => pidIn('daemon.pid');
  const ui = (variables: Readonly<Record<string, string>> = {}, ...args: readonly string[]): UiProcess => {
    const env = {
      PATH: folder.at('bin'),
      HOME: folder.path,
      XDG_CONFIG_HOME: folder.path,
      XDG_RUNTIME_DIR: folder.path,
      DBUS_SESSION_BUS_ADDRESS: bus.address,
      DISPLAY: ':77',
      ...variables,
    };
    return startUi(['ui', ...args, '--config', join(folder.path, 'config.toml')], env, stack);
  };
  stack.defer(() => endOf(workerPid()));
  return {
    studio: scene.studio,
    folder,
    bus,
    ui,
    workerPid,
    command: (...args: readonly string[]) => command(folder.path, ...args),
    watcher: (): Promise<TrayWatcher> => trayWatcher(bus.path),
    opened: (): readonly string[] => (existsSync(opened) ? readFileSync(opened, 'utf8').split('\n').slice(0, -1) : []),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function startUi(args: readonly string[], env: Record<string, string>, stack: AsyncDisposableStack): UiProcess {
  const child = Bun.spawn([process.execPath, 'src/main.ts', ...args], { env, stdout: 'pipe', stderr: 'pipe' });
  let [out, err] = ['', ''];
  const read = Promise.all([
    (async () => {
      for await (const chunk of child.stdout) out += Buffer.from(chunk).toString();
    })(),
    (async () => {
      for await (const chunk of child.stderr) err += Buffer.from(chunk).toString();
    })(),
  ]);
  const exited = child.exited.then(async (code) => {
    await read;
    assertEndedByItself(err);
    return code;
  });
  stack.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { pid: child.pid, exited, out: () => out, err: () => err, kill: (signal) => child.kill(signal) };
}

/** A worker that a failed test left behind. */
function endOf(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

/** Waits for a fact that has to be asked for. */
export async function eventually(what: string, fact: () => Promise<boolean>, seen: () => string): Promise<void> {
  let holds = false;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    holds = await fact().catch(() => false);
    isAsking = false;
  };
  await waitFor(
    what,
    () => {
      if (!holds && !isAsking) void ask();
      return holds;
    },
    seen,
  );
}
