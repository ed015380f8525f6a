import type { ModelFiles } from '../../cli/world/model-files.ts';
import { adoptedPath } from '../../models/given/adopt.ts';
import { inspectModel } from '../../models/given/inspect.ts';
import { linkOrCopy } from '../../system/disk/given-file.ts';
import { hasPromptFormatAt } from '../engines/prompt-format-on-disk.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { offeredUrls } from '../model-store.ts';

/** Model files on this machine and elsewhere, as commands see them. */
export async function openModelFiles(named: string | undefined, effects: Effects): Promise<ModelFiles> {
  const { files } = effects;
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const config = await openConfig(await configPathOf(named, effects), effects, { log, readOnly: true });
  const inspecting = { files, remote: offeredUrls(effects, config), hasPromptFormat: hasPromptFormatAt };
  return {
    inspect: (pathOrUrl) => inspectModel(pathOrUrl, inspecting),
    async adopt(path, model) {
      const place = adoptedPath(config.current.models_root, model);
      await linkOrCopy(path, place);
      return place;
    },
  };
}
