import type { Config } from '../../config/schema.ts';
import type { ServiceReport } from '../../doctor/deps.ts';
import { openService } from '../commands/service.ts';
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
  return { manager, path, state, outdated: outdatedIn(text, config), lingering: await service.lingering() };
}

/** An isolated unit that does not name the folder for models cannot download any. */
function outdatedIn(unit: string, { models_root: root }: Config): readonly string[] {
  if (!unit.includes('\nProtectSystem=strict\n')) return [];
  const isWritable = unit
    .split('\n')
    .some((line) => line.startsWith('ReadWritePaths=') && line.includes(`-${root.replaceAll('%', '%%')}`));
  return isWritable ? [] : [`the right to write ${root}`];
}
