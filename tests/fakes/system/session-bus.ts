import { tempFolder } from './temp-folder.ts';

/** A real message bus of its own, which a test may end and start again at the same address. */
export interface SessionBus extends AsyncDisposable {
  /** Its socket. */
  readonly path: string;
  readonly address: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function sessionBus(): Promise<SessionBus> {
  const folder = await tempFolder();
  const path = folder.at('bus');
  let daemon: Bun.Subprocess<'ignore', 'pipe', 'ignore'> | undefined;
  const bus: SessionBus = {
    path,
    address: `unix:path=${path}`,
    async start() {
      const command = ['dbus-daemon', '--session', '--nofork', '--print-address', `--address=unix:path=${path}`];
      daemon = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
      await daemon.stdout.getReader().read(); // it prints its address once it listens
    },
    async stop() {
      daemon?.kill();
      await daemon?.exited;
    },
    async [Symbol.asyncDispose]() {
      await bus.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
  await bus.start();
  return bus;
}
