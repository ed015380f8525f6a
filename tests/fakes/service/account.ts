import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ended, runMain } from '../run-main.ts';
import { tempFolder } from '../system/temp-folder.ts';
import { standIns, type StandIns } from './stand-ins.ts';

/** An account with nothing in its home, on a machine whose service manager only notes what it is asked. */
export interface Account extends AsyncDisposable {
  readonly home: string;
  readonly configPath: string;
  readonly unit: string;
  readonly receipt: string;
  readonly temporary: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly system: StandIns;
  /** Runs a command of the program to its end. */
  run(...argv: string[]): Promise<Ended>;
  /** Starts a command of the program, of which nobody reads the output. */
  start(...argv: string[]): Bun.Subprocess<'ignore', 'ignore', 'ignore'>;
}

export async function anAccount(
  programs: readonly string[] = ['systemctl', 'systemd-run', 'loginctl'],
): Promise<Account> {
  const folder = await tempFolder();
  const home = folder.at('home of ada, 50% ü');
  const temporary = folder.at('tmp');
  for (const made of [home, temporary]) await mkdir(made);
  const system = await standIns(folder.at('system'), ...programs);
  const variables = {
    HOME: home,
    TMPDIR: temporary,
    PATH: `${system.folder}:/usr/bin:/bin`,
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0', // of the runtime in a checkout, which would write it into the home
    HTTPS_PROXY: 'http://ada:s3cret@proxy.test:3128',
  };
  return {
    home,
    configPath: join(home, '.config/minis-studio-worker/config.toml'),
    unit: join(home, '.config/systemd/user/minis-studio-worker.service'),
    receipt: join(home, '.local/share/studio-worker/install-receipt.tsv'),
    temporary,
    variables,
    system,
    run: (...argv) => runMain(argv, variables),
    start: (...argv) =>
      Bun.spawn([process.execPath, 'src/main.ts', ...argv], { env: variables, stdio: ['ignore', 'ignore', 'ignore'] }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
