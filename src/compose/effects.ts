import { USER_AGENT } from '../base/version.ts';
import { createHeldInputs, type HeldInputs } from '../engines/media/held-inputs.ts';
import { type Clock, nextTurn, type NextTurn, systemClock } from '../system/clock.ts';
import type { OpenDataFolder } from '../system/disk/data-folder.ts';
import { type RunningSha256, type Sha256, sha256, startSha256 } from '../system/disk/digest.ts';
import { type Environment, readEnvironment } from '../system/environment.ts';
import { type Files, systemFiles } from '../system/disk/files.ts';
import { createHttp } from '../system/net/http-client.ts';
import { createGpus, type Gpus } from '../system/machine/gpus.ts';
import type { Http } from '../system/net/http.ts';
import type { Images } from '../system/native/images.ts';
import { openImages } from './children/images-child.ts';
import { createMachine, type Machine } from '../system/machine/machine.ts';
import { createPresence, type Presence } from '../system/presence/presence.ts';
import type { Surroundings } from '../system/surroundings/readings.ts';
import { createSurroundings } from '../system/surroundings/surroundings.ts';
import { createNativeCache, type AccountCache } from '../system/native/native-cache.ts';
import { payloads } from '../system/native/payloads.ts';
import { type Random, systemRandom } from '../system/random.ts';
import { serve, type Serve } from '../system/net/server.ts';
import type { Sockets } from '../system/net/socket.ts';
import { createSockets } from '../system/net/sockets.ts';
import { openTerminal, type Terminal } from '../system/terminal.ts';

/** The outside world, as everything that is composed here meets it. */
export interface Effects {
  readonly clock: Clock;
  readonly nextTurn: NextTurn;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly startSha256: () => RunningSha256;
  readonly files: Files;
  readonly openDataFolder: OpenDataFolder;
  readonly environment: Environment;
  readonly http: Http;
  readonly sockets: Sockets;
  readonly serve: Serve;
  readonly machine: Machine;
  readonly gpus: Gpus;
  readonly presence: Presence;
  readonly surroundings: Surroundings;
  readonly native: AccountCache;
  readonly images: Images;
  /** Files of requests of this machine, shared by who takes them and the engines that read them. */
  readonly heldInputs: HeldInputs;
  readonly terminal: Terminal;
}

/** The real one. */
export function realEffects(): Effects {
  const environment = readEnvironment();
  const env = environment.get;
  const native = createNativeCache({ environment, payloads });
  const gpus = createGpus({ environment });
  return {
    clock: systemClock,
    nextTurn,
    random: systemRandom,
    sha256,
    startSha256,
    files: systemFiles,
    openDataFolder: async (path) => await (await import('../system/disk/data-folder.ts')).openDataFolder(path),
    environment,
    http: createHttp({ clock: systemClock, env, userAgent: USER_AGENT }),
    sockets: createSockets({ clock: systemClock, env }),
    serve,
    machine: createMachine({ environment, gpus }),
    gpus,
    presence: createPresence(environment),
    surroundings: createSurroundings(environment),
    native,
    images: openImages(),
    heldInputs: createHeldInputs(systemRandom),
    terminal: openTerminal(env),
  };
}
