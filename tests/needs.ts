import { test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Need, tagOf } from './check/skips.ts';

/** A need, and whether the machine meets it. It is asked only once all before it are met. */
export interface Condition extends Need {
  isMet(): boolean;
}

/** Declares a test, as `test` does. */
export type Declare = (title: string, body: () => void | Promise<void>, limitMs?: number) => void;

const isPosix = process.platform !== 'win32';
export const LINUX: Condition = { kind: 'platform', name: 'linux', isMet: () => process.platform === 'linux' };
export const LINUX_X64: Condition = {
  kind: 'platform',
  name: 'linux-x64',
  isMet: () => process.platform === 'linux' && process.arch === 'x64',
};
export const POSIX: Condition = { kind: 'platform', name: 'posix', isMet: () => isPosix };

/** For files of other accounts, which only root can make. */
export const ROOT: Condition = { kind: 'platform', name: 'root', isMet: () => process.getuid?.() === 0 };

/** Debian has no package of it, so it is not counted among the programs that anybody can install. */
export const POWERSHELL: Condition = {
  kind: 'platform',
  name: 'powershell',
  isMet: () => Bun.which('pwsh') !== null,
};

/** Debian keeps the server's programs by version, outside of PATH. */
export const POSTGRES_PROGRAMS: string | undefined = ((): string | undefined => {
  const debian = '/usr/lib/postgresql';
  try {
    const [newest] = readdirSync(debian).toSorted((one, other) => Number(other) - Number(one));
    return newest === undefined ? undefined : join(debian, newest, 'bin');
  } catch {
    const found = Bun.which('initdb');
    return found === null ? undefined : join(found, '..');
  }
})();

/** A PostgreSQL server that a test can start for itself. */
export const POSTGRES: Condition = {
  kind: 'program',
  name: 'postgresql',
  isMet: () => isPosix && POSTGRES_PROGRAMS !== undefined,
};

/** A variable that somebody has to set, such as one that names a file too large for the repository. */
export const variable = (name: string): Condition => ({
  kind: 'variable',
  name,
  isMet: () => (process.env[name] ?? '') !== '',
});

const program = (name: string): Condition => ({ kind: 'program', name, isMet: () => Bun.which(name) !== null });

/**
 * Declares tests that need what not every machine has: a program by its name, or another condition. The only way to
 * skip a test: one that cannot run here says in its title what was missing, and the check counts it under that.
 */
export function needs(...all: readonly (string | Condition)[]): Declare {
  const missing = all.map((one) => (typeof one === 'string' ? program(one) : one)).find((need) => !need.isMet());
  if (missing === undefined) return (title, body, limitMs) => test(title, body, limitMs);
  return (title, body, limitMs) => test.skip(`${title}${tagOf(missing)}`, body, limitMs);
}
