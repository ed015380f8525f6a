import { siblingsOf } from '../../config/paths.ts';
import type { ConfigStore } from '../../config/store.ts';
import type { Examined } from '../../doctor/examine.ts';
import type { PlaceName } from '../../local-api/contract/installation.ts';
import type { InstallationView } from '../../local-api/installation-view.ts';
import { SECOND_MS } from '../../base/units.ts';
import { type StartDetached, startDetached } from '../../system/desktop/detached.ts';
import { childEnvironment, processVariables } from '../../system/process/processes.ts';
import { folderProgram } from '../../ui/folder-program.ts';
import type { WorkerControl } from '../../worker/control/control.ts';
import type { DoctorPlace } from '../doctor/deps.ts';
import type { Effects } from '../effects.ts';

interface InstallationSetup {
  readonly config: Pick<ConfigStore, 'path' | 'current'>;
  readonly effects: Effects;
  readonly start?: StartDetached;
}

/** A file manager that fails does so at once. */
const OPEN_WAIT_MS = 2 * SECOND_MS;

/** The program that this worker runs in, for its window. */
export function installationView(
  { config, effects, start = startDetached }: InstallationSetup,
  control: Pick<WorkerControl, 'status' | 'offers'>,
): InstallationView {
  const { path } = config;
  let examining: Promise<readonly Examined[]> | undefined;
  return {
    examine: () =>
      (examining ??= examined({ named: path, path, asked: askedHere(control) }, effects).finally(
        () => (examining = undefined),
      )),
    async checkForUpdate() {
      const { openUpdates } = await import('../update/commands.ts');
      return await (await openUpdates(path, effects)).check();
    },
    async open(place) {
      const folder = folderOf(place, config);
      const way = folderProgram(folder, effects.environment);
      if (way === undefined) return { opened: false, folder };
      const options = { env: childEnvironment(processVariables()), waitMs: OPEN_WAIT_MS };
      const became = await start(way.program, way.args, options);
      return { opened: became === 'started' || (way.endsBadly && became === 'failed'), folder };
    },
  };
}

/** All that the doctor needs is loaded when somebody calls it. */
async function examined(place: DoctorPlace, effects: Effects): Promise<readonly Examined[]> {
  const { examine } = await import('../../doctor/examine.ts');
  const { doctorDeps } = await import('../doctor/deps.ts');
  return await Array.fromAsync(examine(doctorDeps(place, effects), effects.clock));
}

/** The doctor asks this worker, which need not be asked over its own API. */
const askedHere = (control: Pick<WorkerControl, 'status' | 'offers'>): DoctorPlace['asked'] => ({
  worker: async () => ({ is: 'answered', answer: await control.status({}) }),
  offers: async () => ({ is: 'answered', answer: await control.offers({}) }),
});

const folderOf = (place: PlaceName, { path, current }: InstallationSetup['config']): string =>
  place === 'config' ? siblingsOf(path).folder : current.models_root;
