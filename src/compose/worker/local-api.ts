import { errorChain } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { ConfigStore } from '../../config/store.ts';
import type { Engine } from '../../engines/engine.ts';
import { holdsModels } from '../../engines/registry.ts';
import type { LocalApiDeps } from '../../local-api/deps.ts';
import type { InstallationView } from '../../local-api/installation-view.ts';
import type { WorkerControl } from '../../worker/control/control.ts';
import type { RouteGroup } from '../../local-api/http/router.ts';
import { createLocalApi } from '../../local-api/local-api.ts';
import type { Log } from '../../log/open-log.ts';
import { processUsage } from '../../system/process/process-memory.ts';
import { assertTrustedFolder } from '../../system/disk/private-folder.ts';
import type { HttpServer, ServeOptions } from '../../system/net/server.ts';
import { codeOf } from '../../base/system-code.ts';
import { reportOf } from '../../worker/engines/report.ts';
import { packReports } from '../engines/packs.ts';
import type { PackSet } from '../engines/packs.ts';
import { openKeptSignIns } from '../../page-host/kept-sign-ins.ts';
import type { Effects } from '../effects.ts';
import type { ComposedWorker } from './worker.ts';

export interface LocalApiSetup {
  readonly effects: Pick<
    Effects,
    'clock' | 'random' | 'sha256' | 'files' | 'heldInputs' | 'images' | 'machine' | 'serve' | 'environment'
  >;
  readonly config: ConfigStore;
  readonly log: Log;
  readonly engines: readonly Engine[];
  readonly packSet?: PackSet;
  readonly restart?: () => void;
  readonly installation?: (control: WorkerControl) => InstallationView;
  /** The files of the page. */
  readonly shell?: RouteGroup;
}

/** An API that listens. */
export interface ServedApi extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

const DEFAULT_PORT = 4787;
/** A little more than the largest route takes, so that each says itself what is too much. */
const LIMITS = { host: '127.0.0.1', maxRequestBytes: 65 * MIB, maxFrameBytes: MIB, idleSeconds: 60 } as const;
const TOKEN_BYTES = 32;
/** The last answers of a worker that ends are written within this time, or not at all. */
const CLOSE_MS = 250;

/** The API of a worker, which follows its events from here on. Disposing it ends what was served of it. */
export interface OpenedApi extends AsyncDisposable {
  /**
   * Begins to listen, and says where in a file that only its owner can read. Serving jobs does not depend on it:
   * undefined, and logged, where it cannot listen. Never rejects.
   */
  listen(): Promise<ServedApi | undefined>;
}

/** Opens the API of a worker on this machine. Nobody can reach it before it listens. */
export async function openLocalApi(worker: ComposedWorker, setup: LocalApiSetup): Promise<OpenedApi> {
  const { effects, config, log } = setup;
  const token = config.current.local_api_token ?? effects.random.hex(TOKEN_BYTES);
  log.redactor.learn(token);
  let server: HttpServer | undefined;
  const api = createLocalApi(await depsOf(worker, setup, { token, url: () => server?.url ?? '' }), () =>
    worker.status(),
  );
  const found = siblingsOf(config.path).localApi;
  const closeAll = async (): Promise<void> => {
    await effects.files.remove(found).catch(() => {}); // a client that reads a stale file finds nothing listening
    await api[Symbol.asyncDispose]();
    await server?.stop('the worker stops', CLOSE_MS);
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());
  const listen = async (): Promise<ServedApi | undefined> => {
    let problem = 'cannot listen';
    try {
      assertTrustedFolder(siblingsOf(config.path).folder); // the folder's owner could read the token
      server = serveOnPort(setup, { ...LIMITS, answer: (request, peer) => api.answer(request, peer) });
      const { url } = server;
      problem = `cannot write ${found}, by which they would find it`;
      const text = JSON.stringify({ url, token, pid: effects.environment.pid });
      await effects.files.writeAtomic(found, `${text}\n`, { mode: 0o600 });
      log.logger.info('local-api.started', { url });
      return { url, token, [Symbol.asyncDispose]: close };
    } catch (thrown) {
      log.logger.warn('local-api.unavailable', { problem, error: errorChain(thrown) });
      await close();
      return undefined;
    }
  };
  return { listen, [Symbol.asyncDispose]: close };
}

async function depsOf(
  worker: ComposedWorker,
  { effects, config, log, engines, packSet, shell, restart, installation }: LocalApiSetup,
  here: Pick<LocalApiDeps, 'token' | 'url'>,
): Promise<LocalApiDeps> {
  const { clock, random, sha256, files, machine } = effects;
  return {
    ...here,
    config,
    log,
    clock,
    random,
    control: worker.control,
    events: worker.events,
    machine: {
      ...worker.machine,
      hostName: () => machine.hostName(),
      usage: processUsage,
      // The page leaves out what a disk does not tell; a write to it reports what is wrong.
      freeBytes: (folder) => files.freeBytes(folder).catch(() => undefined),
    },
    models: { ...worker.models, loadable: new Set(engines.filter(holdsModels).map(({ id }) => id)) },
    loaded: () => worker.status().models,
    local: worker.models.local,
    engines: () =>
      Promise.all(
        engines.map((engine) => reportOf(engine, packSet === undefined ? [] : packReports(engine.id, packSet))),
      ),
    thumbnails: worker.models.thumbnails,
    results: worker.models.results,
    heldInputs: effects.heldInputs,
    images: effects.images,
    registration: worker.registration,
    hashOf: (text) => sha256(text).toHex(),
    pages: await openKeptSignIns(siblingsOf(config.path).signIns, { files, log: log.logger }),
    ...(restart === undefined ? {} : { restart }),
    ...(installation === undefined ? {} : { installation: installation(worker.control) }),
    ...(shell === undefined ? {} : { shell }),
  };
}

/** The port that programs know, or any other one where somebody has it. */
function serveOnPort({ effects, config, log }: LocalApiSetup, options: Omit<ServeOptions, 'port'>): HttpServer {
  const port = config.current.local_api_port ?? DEFAULT_PORT;
  try {
    return effects.serve({ ...options, port });
  } catch (thrown) {
    if (codeOf(thrown) !== 'EADDRINUSE') throw thrown;
    const server = effects.serve({ ...options, port: 0 });
    log.logger.warn('local-api.port-taken', { port, url: server.url });
    return server;
  }
}
