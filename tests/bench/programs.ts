import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TOKEN, WORKER_ID } from './wire.ts';
import type { TimedStudio } from './timed-studio.ts';

/** The product, as it is shipped. */
export const WORKER = resolve('dist/studio-worker');
/** Programs and folders of a run lie beside it: on a disk, where an fsync is one, which `/tmp` need not be. */
export const SCRATCH = resolve('dist/bench');

/** As the product: nothing is read from the folder a program is started in. */
const ALONE = {
  autoloadDotenv: false,
  autoloadBunfig: false,
  autoloadTsconfig: false,
  autoloadPackageJson: false,
} as const;

/** Compiles a program of this folder with the product's own settings. */
export async function compiled(name: 'bare' | 'empty' | 'steady'): Promise<string> {
  mkdirSync(SCRATCH, { recursive: true });
  const outfile = join(SCRATCH, name);
  const built = await Bun.build({
    entrypoints: [`tests/bench/${name}-program.ts`],
    target: 'bun',
    format: 'esm',
    minify: true,
    splitting: true,
    bytecode: true,
    throw: false,
    compile: { outfile, ...ALONE },
  });
  if (!built.success) throw new Error(built.logs.map(String).join('\n'));
  return outfile;
}

/**
 * Who takes the jobs: the product; the same around an engine that has its artifact ready; a client with nothing behind
 * it; and that client when it puts an artifact on the disk before it uploads it.
 */
export type Program = 'worker' | 'steady' | 'bare' | 'bare-safe';

/** Someone who takes jobs, as a process of its own. */
export interface Taker extends AsyncDisposable {
  readonly pid: number;
  /** From the start of the process until the studio read its `hello`. */
  readonly helloMs: number;
}

interface Start {
  /** More lines of its config. */
  readonly settings?: string;
  /** Is given the folder of its config before it starts. */
  readonly prepare?: (folder: string) => void;
}

/** Starts a program against the studio and waits for its `hello`. It has credentials and is approved. */
export async function startTaker(
  studio: TimedStudio,
  program: Program,
  { settings = '', prepare = () => {} }: Start = {},
): Promise<Taker> {
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, 'run-'));
  const config = join(folder, 'config.toml');
  writeFileSync(config, `${configText(studio.url)}${settings}`, { mode: 0o600 });
  prepare(folder);
  const command = {
    worker: [WORKER, '--config', config, 'run', '--log-format', 'json'],
    steady: [join(SCRATCH, 'steady'), config],
    bare: [join(SCRATCH, 'bare')],
    'bare-safe': [join(SCRATCH, 'bare')],
  }[program];
  const log = Bun.file(join(folder, 'log'));
  const hello = studio.nextHello();
  const since = performance.now();
  const child = Bun.spawn(command, {
    cwd: folder,
    env: {
      HOME: folder,
      PATH: '/usr/bin:/bin',
      BENCH_STUDIO: studio.url,
      ...(program === 'bare-safe' && { BENCH_KEEPS: folder }),
    },
    stdio: ['ignore', 'ignore', log],
  });
  const stop = async (): Promise<void> => {
    child.kill(program.startsWith('bare') ? 'SIGKILL' : 'SIGTERM');
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const helloMs = (await hello) - since;
    return { pid: child.pid, helloMs, [Symbol.asyncDispose]: stop };
  } catch (thrown) {
    const said = await log.text();
    await stop();
    throw new Error(`${program} did not come: ${said.slice(-2_000)}`, { cause: thrown });
  }
}

const configText = (url: string): string => `api_base_url = "${url}"
worker_id = "${WORKER_ID}"
auth_token = "${TOKEN}"
install_id = "0b0f3f4ad7a94f0a8f5b7a0c2f1d9e11"
vram_threshold_gb = 8.0
auto_enabled = true
auto_update_enabled = false
`;

/** Runs a program to its end and gives how long that took. */
export async function runToEnd(command: readonly string[]): Promise<number> {
  const since = performance.now();
  const child = Bun.spawn([...command], { env: { PATH: '/usr/bin:/bin' }, stdio: ['ignore', 'pipe', 'ignore'] });
  const code = await child.exited;
  const tookMs = performance.now() - since;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  return tookMs;
}
