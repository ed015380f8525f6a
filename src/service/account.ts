import { WorkerError } from '../base/errors.ts';
import { xdgFolder } from '../base/process/xdg.ts';
import type { Environment } from '../system/environment.ts';
import { launchd } from './launchd.ts';
import { taskScheduler } from './schtasks.ts';
import type { ServiceManager } from './service.ts';
import { systemd } from './systemd.ts';

/** What is read of an account to tell its service manager, its name and where its settings are. */
export type AccountFacts = Pick<Environment, 'platform' | 'homeDir' | 'get' | 'userName' | 'userId'>;

/** What starts programs for this account: one manager per platform. @throws WorkerError `service.unsupported` */
export function managerFor(account: AccountFacts): ServiceManager {
  const { platform, homeDir, get, userId } = account;
  if (platform === 'linux') return systemd(configHome(account));
  if (platform === 'darwin') return launchd(homeDir, userId ?? 0);
  if (platform === 'win32') return taskScheduler(get('APPDATA') || `${homeDir}\\AppData\\Roaming`);
  throw new WorkerError('service.unsupported', `services are not supported on ${platform}`, {
    hint: 'Have the init system of this machine start `studio-worker run`.',
  });
}

/** Where an account keeps settings. */
export const configHome = ({ get, homeDir }: Pick<AccountFacts, 'get' | 'homeDir'>): string =>
  xdgFolder(get, 'XDG_CONFIG_HOME') ?? `${homeDir}/.config`;

/** An account as the system's own tools name it: by its number where the environment does not say, empty without one. */
export function accountName({ platform, get, userName, userId }: AccountFacts): string {
  const name = userName || String(userId ?? '');
  const domain = platform === 'win32' ? get('USERDOMAIN') : undefined;
  return domain ? `${domain}\\${name}` : name;
}
