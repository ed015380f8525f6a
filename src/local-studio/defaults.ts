import { pathStyle } from '../base/process/path-style.ts';
import { xdgFolder } from '../base/process/xdg.ts';
import type { Environment } from '../system/environment.ts';
import { OPERATOR_TOKEN_FILE } from './storage/operator-token.ts';

/** What `studio` and its sub-commands use where the operator names nothing else. */
export interface StudioDefaults {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Where a studio with this data folder leaves its operator token. */
  tokenFileIn(dataDir: string): string;
}

/** The reference worker's own development studio answers there. */
const PORT = 9790;
const HOST = '127.0.0.1';

type Account = Pick<Environment, 'platform' | 'homeDir' | 'get' | 'cwd'>;

/** The defaults of an account, by platform. */
export function studioDefaults(account: Account): StudioDefaults {
  const { join } = pathStyle(account.platform);
  return {
    url: `http://${HOST}:${PORT}`,
    host: HOST,
    port: PORT,
    dataDir: join(dataFolder(account), 'studio-worker', 'studio'),
    tokenFileIn: (dataDir) => join(dataDir, OPERATOR_TOKEN_FILE),
  };
}

/** Where the platform keeps what programs must not lose (XDG Base Directory Specification, and its counterparts). */
function dataFolder({ platform, homeDir, get, cwd }: Account): string {
  const home = homeDir === '' ? cwd : homeDir;
  if (platform === 'win32') return get('LOCALAPPDATA') || `${home}\\AppData\\Local`;
  if (platform === 'darwin') return `${home}/Library/Application Support`;
  return xdgFolder(get, 'XDG_DATA_HOME') ?? `${home}/.local/share`;
}
