import { homedir, hostname, tmpdir, userInfo } from 'node:os';

/** What the operating system reports about this process. Read once; nothing here changes while we run. */
export interface Environment {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** An environment variable; undefined when unset, empty text when set but empty. */
  readonly get: (name: string) => string | undefined;
  /** Absolute; empty when the account has none. */
  readonly homeDir: string;
  readonly tempDir: string;
  /** Empty when the system has none. */
  readonly userName: string;
  readonly hostName: string;
  /** The account's number; undefined on Windows, which has none. */
  readonly userId: number | undefined;
  readonly pid: number;
  /** The running executable: ours once compiled, Bun in a checkout. */
  readonly execPath: string;
  readonly cwd: string;
}

/** Containers without a passwd entry make these calls throw; an empty text is an answer, a crash at start is not. */
function orEmpty(ask: () => string): string {
  try {
    return ask();
  } catch {
    return ''; // no entry of this account
  }
}

/** The runtime says `unknown` where it finds no name; that is no answer. */
function nameOfUser(): string {
  const name = userInfo().username;
  return name === 'unknown' ? '' : name;
}

/** Asks once. A system that does not answer a question leaves its field empty rather than fail the start. */
export function readEnvironment(): Environment {
  return {
    platform: process.platform,
    arch: process.arch,
    get: (name) => process.env[name],
    homeDir: orEmpty(homedir),
    tempDir: tmpdir(),
    userName: orEmpty(nameOfUser),
    hostName: orEmpty(hostname),
    userId: process.getuid?.(),
    pid: process.pid,
    execPath: process.execPath,
    cwd: orEmpty(() => process.cwd()),
  };
}
