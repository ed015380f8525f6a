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
  const held = new OneServer(command, options);
  await held.get(signal);
  return held;
}

class OneServer implements HeldServer {
  readonly #command: ServerCommand | undefined;
  readonly #options: ServerOptions & { readonly log: Logger };
  #isUsable = true;
  #isClosed = false;
  #server: Server | undefined;

  constructor(command: ServerCommand | undefined, options: ServerOptions & { readonly log: Logger }) {
    this.#command = command;
    this.#options = options;
  }

  get current(): Server | undefined {
    return this.#server?.over === false ? this.#server : undefined;
  }

  async get(signal: AbortSignal): Promise<Server | undefined> {
    const command = this.#command;
    if (this.#isClosed) throw unloaded();
    if (!this.#isUsable || command === undefined) return undefined;
    if (this.current !== undefined) return this.current;
    const started = await startServer(command, this.#options, signal);
    if (typeof started === 'string') {
      this.#isUsable = false;
      this.#options.log.info('sd-server.not-used', { path: command.path, because: started });
      return undefined;
    }
    if (this.#isClosed) {
      await started.close(); // the model was unloaded while the server started, and nobody else would end it
      throw unloaded();
    }
    return (this.#server = started);
  }

  async release(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.release();
  }
}

const unloaded = (): WorkerError =>
  new WorkerError('internal', 'the sd-cpp engine was asked to run after it was unloaded');
