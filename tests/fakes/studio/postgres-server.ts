import { chownSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES_PROGRAMS } from '../../needs.ts';

/** A PostgreSQL server of the test's own, on a free port of loopback. */
export interface PostgresServer extends AsyncDisposable {
  /** The URL of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Ends the server as a crash would, and starts it on the same data. */
  crash(): Promise<void>;
  /** Stops the server as its operator would, and starts it again. */
  restart(): Promise<void>;
}

const PROGRAM_LIMIT_MS = 60_000;

/** Starts a server in a temporary folder. Fast, since nothing of it is to survive a power cut, unless it is `synced`. */
export async function startPostgresServer({ synced = false } = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  const run = await programsOf(folder);
  const data = join(folder, 'data');
  await run('initdb', '-D', data, '-U', 'studio', '--auth=trust', '-E', 'UTF8', '--no-sync');
  const port = freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `fsync=${synced ? 'on' : 'off'}`,
    'max_connections=200',
    'wal_level=minimal',
    'max_wal_senders=0',
    'max_wal_size=64MB',
  ];
  const options = ['-p', String(port), ...settings.flatMap((each) => ['-c', each])].join(' ');
  const start = () => run('pg_ctl', '-D', data, '-l', join(folder, 'log'), '-o', options, '-w', 'start');
  const urlOf = (database: string): string => `postgres://studio@127.0.0.1:${port}/${database}`;
  await start();
  let databases = 0;
  return {
    newDatabase: async () => {
      const name = `studio_${++databases}`;
      await using sql = new Bun.SQL(urlOf('postgres'), { max: 1 });
      await sql.unsafe(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    crash: async () => {
      const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGQUIT'); // an immediate shutdown: no checkpoint, recovery at the next start
      await run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop').catch(() => {}); // it may be gone already
      await start();
    },
    restart: async () => {
      await run('pg_ctl', '-D', data, '-w', '-m', 'fast', 'stop');
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      await run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Run = (program: string, ...args: readonly string[]) => Promise<string>;

/** The server refuses to run as root: then all is done by the account that its package made. */
async function programsOf(folder: string): Promise<Run> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, await idOf('-u'), await idOf('-g'));
  const account = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  return (program, ...args) => output([...account, join(POSTGRES_PROGRAMS ?? '', program), ...args]);
}

const idOf = async (what: '-u' | '-g'): Promise<number> => Number(await output(['id', what, 'postgres']));

async function output(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { cwd: tmpdir(), stdout: 'pipe', stderr: 'pipe', timeout: PROGRAM_LIMIT_MS });
  // The server keeps what it inherits open, so that the end of `pg_ctl` counts and not that of its output.
  const code = await child.exited;
  if (code !== 0)
    throw new Error(`${command.join(' ')} ended with ${code}: ${await new Response(child.stderr).text()}`);
  return command[0] === 'id' ? (await new Response(child.stdout).text()).trim() : '';
}

function freePort(): number {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } });
  const { port } = probe;
  probe.stop();
  return port;
}
