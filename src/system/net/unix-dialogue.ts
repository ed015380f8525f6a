import { connect, type Socket } from 'node:net';
import { WorkerError } from '../../base/errors.ts';
import { formatDuration, MIB } from '../../base/units.ts';
import type { Clock } from '../clock.ts';

/** A conversation over a unix socket in which each side speaks in turn. */
export interface UnixDialogue extends Disposable {
  send(bytes: Uint8Array): void;
  /** Exactly so many bytes. Rejects when the other side hangs up or time is up. */
  receive(count: number): Promise<Buffer>;
  /** Everything up to a line feed, without it. */
  receiveLine(): Promise<string>;
  /** From now on it may take any time. */
  stay(): void;
}

export interface DialogueOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** For the whole conversation, or until it is said that it stays. */
  readonly limitMs: number;
}

/** Nothing that is asked here has an answer nearly as long. */
const MAX_WAITING_BYTES = 2 * MIB;

/** A path that begins with a zero byte names a socket that is in no folder, as on Linux. */
export function openDialogue(path: string, { clock, limitMs }: DialogueOptions): UnixDialogue {
  const socket = connect(path);
  const inbox = new Inbox(socket);
  const disarm = clock.after(limitMs, () => inbox.fail(noAnswer(`no answer within ${formatDuration(limitMs)}`)));
  return {
    send: (bytes) => void socket.write(bytes),
    receive: (count) => inbox.take((bytes) => (bytes.length >= count ? count : undefined)),
    async receiveLine() {
      const line = await inbox.take((bytes) => bytes.indexOf('\n') + 1 || undefined);
      return line.toString('latin1').trimEnd();
    },
    stay: disarm,
    [Symbol.dispose]() {
      disarm();
      socket.destroy();
    },
  };
}

type Enough = (waiting: Buffer) => number | undefined;

/** What came and nobody has taken yet, and the one who waits for more. */
class Inbox {
  #bytes = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      if (this.#bytes.length > MAX_WAITING_BYTES) this.fail(noAnswer('sends far more than was asked for'));
      this.#wake?.();
    });
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(noAnswer('hung up')));
  }

  /** The first failure counts. */
  fail(failure: Error): void {
    this.#failure ??= failure;
    this.#wake?.();
  }

  async take(enough: Enough): Promise<Buffer> {
    for (;;) {
      const count = enough(this.#bytes);
      if (count !== undefined) {
        const taken = this.#bytes.subarray(0, count);
        this.#bytes = this.#bytes.subarray(count);
        return taken;
      }
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

const noAnswer = (because: string): WorkerError => new WorkerError('native.unavailable', because);
