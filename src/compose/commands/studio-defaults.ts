import type { StudioDefaults } from '../../cli/world/studio.ts';
import { xdgFolder } from '../../base/process/xdg.ts';
import { OPERATOR_TOKEN_FILE } from '../../local-studio/storage/operator-token.ts';
import type { Environment } from '../../system/environment.ts';

/** The reference worker's own development studio answers there. */
const PORT = 9790;
const HOST = '127.0.0.1';

/** What `studio` uses where its options leave it out, by platform. */
export function studioDefaults(environment: Pick<Environment, 'platform' | 'homeDir' | 'get' | 'cwd'>): StudioDefaults {
  const separator = environment.platform === 'win32' ? '\\' : '/';
  return {
    url: `http://${HOST}:${PORT}`,
    host: HOST,
    port: PORT,
    dataDir: [dataFolder(environment), 'studio-worker', 'studio'].join(separator),
    tokenFileIn: (dataDir) => `${dataDir}${separator}${OPERATOR_TOKEN_FILE}`,
  };
}

/** Where the platform keeps what programs must not lose (XDG Base Directory Specification, and its counterparts). */
function dataFolder({
  platform,
  homeDir,
  get,
  cwd,
}: Pick<Environment, 'platform' | 'homeDir' | 'get' | 'cwd'>): string {
  const home = homeDir === '' ? cwd : homeDir;
  if (platform === 'win32') return get('LOCALAPPDATA') || `${home}\\AppData\\Local`;
  if (platform === 'darwin') return `${home}/Library/Application Support`;
  return xdgFolder(get, 'XDG_DATA_HOME') ?? `${home}/.local/share`;
}
