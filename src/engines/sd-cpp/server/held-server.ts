import { WorkerError } from '../../../base/errors.ts';
import type { Logger } from '../../../log/logger.ts';
import { type Server, type ServerOptions, startServer } from './server.ts';
import type { ServerCommand } from './server-child.ts';

/** The sd-server that keeps a model in memory between two jobs. */
export interface HeldServer {
  /** The one that runs now. */
  readonly current: Server | undefined;
  /** One that runs, started anew if need be; undefined when this build has none that can be used. */
  get(signal: AbortSignal): Promise<Server | undefined>;
  /** Ends the server, to free its memory. The next `get` starts another one. */
  release(): Promise<void>;
  /** Ends the server for good. */
  close(): Promise<void>;
}

/**
 * Starts the server where there is one. Whoever makes it closes it.
 *
 * @throws WorkerError as `startServer`; the signal's reason
 */
export async function holdServer(
  command: ServerCommand | undefined,
  options: ServerOptions & { readonly log: Logger },
  signal: AbortSignal,
): Promise<HeldServer> {
  let isUsable = true;
  let isClosed = false;
  let server: Server | undefined;

  async function get(abort: AbortSignal): Promise<Server | undefined> {
    if (isClosed) throw unloaded();
    if (!isUsable || command === undefined) return undefined;
    if (server !== undefined && !server.over) return server;
    const started = await startServer(command, options, abort);
    if (typeof started === 'string') {
      isUsable = false;
      options.log.info('sd-server.not-used', { path: command.path, because: started });
      return undefined;
    }
    if (isClosed) {
      await started.close(); // the model was unloaded while the server started, and nobody else would end it
      throw unloaded();
    }
    return (server = started);
  }

  async function release(): Promise<void> {
    await server?.close();
    server = undefined;
  }

  await get(signal);
  return {
    get current() {
      return server?.over === false ? server : undefined;
    },
    get,
    release,
    async close() {
      isClosed = true;
      await release();
    },
  };
}

const unloaded = (): WorkerError =>
  new WorkerError('internal', 'the sd-cpp engine was asked to run after it was unloaded');
