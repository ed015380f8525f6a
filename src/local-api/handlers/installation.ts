import type { LocalApiDeps } from '../deps.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import type { InstallationView } from '../installation-view.ts';

/** The program as it is installed: its doctor, its releases, its folders. */
export function installationHandlers({
  installation,
}: Pick<LocalApiDeps, 'installation'>): Pick<Handlers, 'doctor' | 'checkUpdate' | 'openPlace'> {
  return {
    doctor: async () => jsonReply(await known(installation).examine()),
    async checkUpdate() {
      const { current, latest, heldBack } = await known(installation).checkForUpdate();
      return jsonReply({ current, latest: latest ?? null, heldBack: heldBack ?? null });
    },
    openPlace: async ({ body: { place } }) => jsonReply(await known(installation).open(place)),
  };
}

function known(installation: InstallationView | undefined): InstallationView {
  if (installation !== undefined) return installation;
  throw new ApiFailure(409, 'not_possible', 'this process knows nothing of its installation');
}
