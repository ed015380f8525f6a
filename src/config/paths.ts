import { WorkerError } from '../base/errors.ts';
import { xdgFolder } from '../base/process/xdg.ts';
import type { Environment } from '../system/environment.ts';

const FOLDER = 'minis-studio-worker';

type Where = Pick<Environment, 'platform' | 'homeDir' | 'get'>;

/**
 * The path of the config file: the platform's own, unless a file exists only where earlier documents put it
 * (`~/.config` on macOS, a shorter path on Windows).
 *
 * @throws WorkerError `config.invalid` when the account has no home folder
 */
export async function findConfig(
  environment: Where,
  exists: (path: string) => boolean | Promise<boolean>,
): Promise<string> {
  const [path, documented] = configCandidates(environment);
  if (documented === undefined || (await exists(path))) return path;
  return (await exists(documented)) ? documented : path;
}

/** The path of this platform, and the documented one where that differs. */
export function configCandidates(environment: Where): readonly [path: string, documented?: string] {
  const { platform, homeDir } = environment;
  if (platform === 'win32') {
    const roaming = environment.get('APPDATA') || `${homeOf(homeDir)}\\AppData\\Roaming`;
    return [`${roaming}\\minis\\${FOLDER}\\config\\config.toml`, `${roaming}\\${FOLDER}\\config.toml`];
  }
  if (platform === 'darwin') {
    const home = homeOf(homeDir);
    return [
      `${home}/Library/Application Support/gg.minis.${FOLDER}/config.toml`,
      `${home}/.config/${FOLDER}/config.toml`,
    ];
  }
  const base = xdgFolder(environment.get, 'XDG_CONFIG_HOME') ?? `${homeOf(homeDir)}/.config`;
  return [`${base}/${FOLDER}/config.toml`];
}

function homeOf(homeDir: string): string {
  if (homeDir !== '') return homeDir.replace(/[/\\]+$/, '');
  throw new WorkerError('config.invalid', 'this account has no home folder to keep the config file in', {
    hint: 'Name the config file with `--config <path>`.',
  });
}

/** The files beside the config file, wherever that is. */
export interface Siblings {
  readonly folder: string;
  /** Held by the running worker; its pid is beside it. */
  readonly lock: string;
  readonly pid: string;
  /** What a worker logs that no service manager started; full ones are put aside, the newest first. */
  readonly log: string;
  readonly olderLogs: readonly string[];
  /** Held by the process that has the window and its icon; its pid is beside it. */
  readonly ui: string;
  readonly uiPid: string;
  /** Touching this file asks that process to open the window. */
  readonly raise: string;
  /** Where the API of the running worker is, and its token. */
  readonly localApi: string;
  /** The models that this machine knows how to run. */
  readonly catalogue: string;
  /** Which pages may use it without the token. */
  readonly signIns: string;
  /** Finished results that the studio does not have yet. */
  readonly outbox: string;
  /** Peaks of GPU memory that earlier jobs reached. */
  readonly peaks: string;
  /** The models that were in memory when the worker ended. */
  readonly residency: string;
  /** What the updater knows. */
  readonly updateState: string;
  /** Releases on their way in. */
  readonly updates: string;
}

/** The paths beside a config file. Two config files in one folder share them, and so exclude each other. */
export function siblingsOf(configPath: string): Siblings {
  const [, folder = '.', separator = '/'] = /^(.*)([/\\])/.exec(configPath) ?? [];
  const beside = (name: string): string => `${folder}${separator}${name}`;
  return {
    folder: folder === '' ? separator : folder,
    lock: beside('daemon.lock'),
    pid: beside('daemon.pid'),
    log: beside('daemon.log'),
    olderLogs: [1, 2, 3].map((age) => beside(`daemon.log.${age}`)),
    ui: beside('ui.lock'),
    uiPid: beside('ui.pid'),
    raise: beside('ui.raise'),
    localApi: beside('local-api.json'),
    catalogue: beside('models.json'),
    signIns: beside('page-sessions.json'),
    outbox: beside('outbox'),
    peaks: beside('peaks.json'),
    residency: beside('residency.json'),
    updateState: beside('update-state.json'),
    updates: beside('updates'),
  };
}
