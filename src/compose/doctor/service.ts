import type { Config } from '../../config/schema.ts';
import type { ServiceReport } from '../../doctor/deps.ts';
import { openService } from '../commands/service.ts';
import { missingRights } from '../../service/systemd.ts';
import type { Effects } from '../effects.ts';

/** The service of this account; undefined where there is no service manager that is known here. */
export async function reportService(
  named: string | undefined,
  config: Config,
  effects: Effects,
): Promise<ServiceReport | undefined> {
  if (!['linux', 'darwin', 'win32'].includes(effects.environment.platform)) return undefined;
  const service = await openService(named, effects);
  const { manager, path } = service;
  const state = await service.state();
  const text = (await effects.files.readText(path)) ?? '';
  return {
    manager,
    path,
    state,
    outdated: missingRights(text, config.models_root),
    lingering: await service.lingering(),
  };
}
