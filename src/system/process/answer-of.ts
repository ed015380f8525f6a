import { readdirSync, readFileSync } from 'node:fs';
import { WorkerError } from '../../base/errors.ts';
import type { Environment } from '../environment.ts';

/** Why a source has no answer. Stays among the probes: its message becomes one of the reasons in a report. */
export const noAnswer = (because: string): WorkerError => new WorkerError('native.unavailable', because);

/** Names in a folder of the kernel's; none when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no such driver on this machine
  }
}

/** A file of the kernel's; undefined when it is not there or not ours to read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // another vendor's card, or none of our business
  }
}

/**
 * What a command prints. Killed with everything it started when it takes too long; never waited for after that.
 *
 * @throws WorkerError `native.unavailable` saying why there is no answer
 */
export async function answerOf(
  command: readonly string[],
  environment: Pick<Environment, 'platform' | 'get'>,
  limitMs: number,
): Promise<string> {
  const [name = ''] = command;
  const path = environment.get('PATH');
  const found = Bun.which(name, path === undefined ? {} : { PATH: path });
  if (found === null) throw noAnswer('not installed');
  const child = Bun.spawn({
    cmd: [found, ...command.slice(1)],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
    detached: environment.platform !== 'win32', // its own group, so that a helper it started dies with it
    windowsHide: true,
    env: { ...process.env, ...(path !== undefined && { PATH: path }), BUN_BE_BUN: undefined },
  });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    killTree(child.pid, environment.platform);
    late.reject(noAnswer(`no answer within ${limitMs} ms`));
  }, limitMs);
  try {
    const text = await Promise.race([new Response(child.stdout).text(), late.promise]);
    const status = await Promise.race([child.exited, late.promise]);
    if (status !== 0) throw noAnswer(`ended with status ${status}`);
    return text;
  } finally {
    clearTimeout(timer);
    child.unref();
  }
}

function killTree(pid: number, platform: NodeJS.Platform): void {
  try {
    process.kill(platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // it ended in the same moment
  }
}
