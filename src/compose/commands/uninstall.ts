import type { Uninstaller } from '../../cli/world/uninstall.ts';
import { WorkerError } from '../../base/errors.ts';
import { configCandidates, siblingsOf } from '../../config/paths.ts';
import { purgedPaths } from '../../release/purge.ts';
import { folderOf } from '../../release/receipt.ts';
import { reverseChanges } from '../../release/reverse.ts';
import { managerFor } from '../../service/account.ts';
import { createServiceInstaller } from '../../service/installer.ts';
import { removeLogin } from '../../service/login-sync.ts';
import { removeUserPathStep, USER_PATH_VARIABLE } from '../../service/user-path.ts';
import { lockHolder } from '../../system/disk/lock.ts';
import { endIcon } from '../../ui/raise.ts';
import { systemTextEdits } from '../../system/disk/text-edit.ts';
import { CACHE_VARIABLE } from '../../system/native/native-cache.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openLocalModels } from '../model-store.ts';
import { accountReceipt, systemCommands } from './service.ts';

/** Reverses what installing changed, and removes what the worker made, for commands. */
export async function openUninstaller(named: string | undefined, effects: Effects): Promise<Uninstaller> {
  const { files } = effects;
  const receipt = accountReceipt(effects);
  const configPath = await configPathOf(named, effects);
  const stopService = async (path: string): Promise<void> => {
    const manager = managerFor(effects.environment);
    if (manager.path !== path) return await files.remove(path); // of an account that kept its settings elsewhere then
    const runStep = systemCommands(effects);
    await createServiceInstaller({ manager, files, receipt, runStep }).uninstall();
  };
  return {
    receiptPath: receipt.path,
    changes: () => receipt.read(),
    async reverseChanges({ purge }) {
      await endIconOf(configPath, effects);
      const purged: string[] = [];
      const reversals = reverseChanges({
        receipt,
        files,
        edits: systemTextEdits,
        removeService: stopService,
        removeLogin: (path) => removeLogin(path, { files, runStep: systemCommands(effects) }),
        removeUserPath: (entry) => removeUserPath(entry, effects),
        beforeFolders: async () => {
          if (purge)
            purged.push(...(await purgeAll({ named, configPath, dataFolder: folderOf(receipt.path) }, effects)));
        },
      });
      return { reversals: await Array.fromAsync(reversals), purged };
    },
  };
}

/** One that does not end keeps nothing from being removed. */
async function endIconOf(configPath: string, { clock, environment, files }: Effects): Promise<void> {
  const { ui, raise } = siblingsOf(configPath);
  const isThere = async (): Promise<boolean> => (await lockHolder(ui, environment)) !== undefined;
  await endIcon({ clock, isThere, write: (text) => files.writeAtomic(raise, text) });
}

interface Purge {
  readonly named: string | undefined;
  readonly configPath: string;
  readonly dataFolder: string;
}

/** Removes what the worker made, and gives the paths that are gone. Models that it did not download stay. */
async function purgeAll({ named, configPath, dataFolder }: Purge, effects: Effects): Promise<readonly string[]> {
  const { files, environment, native } = effects;
  const models = await openLocalModels(named, effects);
  const { removed } = await models.store.collect({ maxBytes: 0 });
  const { folder, ...beside } = siblingsOf(configPath);
  const isOwnFolder = named === undefined && configCandidates(environment).includes(configPath);
  const gone = removed.map(({ path }) => path);
  const paths = purgedPaths({
    config: { path: configPath, folder, beside: Object.values(beside).flat(), isOwnFolder },
    cache: { folder: native.folder, isOwnFolder: (environment.get(CACHE_VARIABLE) ?? '') === '' },
    dataFolder,
  });
  for (const path of paths) {
    if ((await files.stat(path)) === undefined) continue;
    await files.remove(path);
    gone.push(path);
  }
  return gone;
}

/** `entry`: a folder of the `Path`, as the receipt has it. @throws WorkerError `file.not-written` with what PowerShell said */
async function removeUserPath(entry: string, effects: Effects): Promise<void> {
  const runStep = systemCommands(effects, { [USER_PATH_VARIABLE]: entry });
  const { code, lastError } = await runStep(removeUserPathStep);
  if (code === 0) return;
  const because = lastError || `PowerShell exited with code ${code}`;
  throw new WorkerError('file.not-written', `cannot remove ${entry} from the \`Path\` of this account: ${because}`, {
    hint: `Remove ${entry} from the \`Path\` in the environment variables of your account.`,
  });
}
