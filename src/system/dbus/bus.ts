import { WorkerError } from '../../base/errors.ts';
import { type DialogueOptions, openDialogue, type UnixDialogue } from '../net/unix-dialogue.ts';
import { type DbusMessage, decodeMessage, encodeMessage, FLAG, HEAD_BYTES, MESSAGE, messageBytes } from './message.ts';
import type { DbusValue } from './values.ts';

/*
 * A connection to a message bus.
 *
 *   call ──▶ bus ──▶ somebody's method        signals of others ──▶ onSignal
 *        ◀── reply ◀──                        calls of others ──▶ answer ──▶ reply
 */

/** What a message holds, and how that reads. */
export interface DbusBody {
  readonly signature: string;
  readonly body: readonly DbusValue[];
}

/** A method to call. */
export interface DbusCall extends Partial<DbusBody> {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Whether the bus may start a service for it that does not run. */
  readonly startsService?: boolean;
}

/** A signal to send to all listeners. */
export type DbusSignal = Pick<DbusMessage, 'path' | 'interface' | 'member'> & Partial<DbusBody>;

export interface Bus extends Disposable {
  /** The values of the answer. @throws WorkerError `native.unavailable` with the name of the error that came */
  call(call: DbusCall): Promise<readonly DbusValue[]>;
  emit(signal: DbusSignal): void;
  /** Takes the time limit off the connection, which stays until it breaks. */
  stay(): void;
  /** Settles when the connection has ended, with the reason. */
  readonly ended: Promise<string>;
}

export interface BusOptions extends DialogueOptions {
  /** Receives the signals that the bus was asked for. */
  readonly onSignal?: (signal: DbusMessage) => void;
  /** Answers a call of somebody else; undefined where there is no such method. */
  readonly answer?: (call: DbusMessage) => DbusBody | undefined;
}

export const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;
const UNKNOWN_METHOD = 'org.freedesktop.DBus.Error.UnknownMethod';

/**
 * Connects as this account to the bus that listens there. Dispose of it after use.
 *
 * @throws WorkerError `native.unavailable`, or the system's own error
 */
export async function openBus(path: string, options: BusOptions): Promise<Bus> {
  const dialogue = openDialogue(path, options);
  const bus = new OpenBus(dialogue, options);
  try {
    await authenticate(dialogue);
    bus.listen();
    await bus.call({ ...BUS, member: 'Hello' });
    return bus;
  } catch (thrown) {
    bus[Symbol.dispose]();
    throw thrown;
  }
}

/** The first of these that can be connected to. @throws what the last one failed with */
export async function openFirstBus(paths: readonly string[], options: BusOptions): Promise<Bus> {
  let failure: unknown = unavailable('there is no message bus');
  for (const path of paths) {
    try {
      return await openBus(path, options);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

/** The kernel tells the bus who we are; it only has to be the same as we say. */
async function authenticate(dialogue: UnixDialogue): Promise<void> {
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
  dialogue.send(Buffer.from(`\0AUTH EXTERNAL ${uid}\r\n`));
  const answer = await dialogue.receiveLine();
  if (!answer.startsWith('OK ')) throw unavailable('the bus does not admit this account');
  dialogue.send(Buffer.from('BEGIN\r\n'));
}

type Waiting = PromiseWithResolvers<readonly DbusValue[]>;

class OpenBus implements Bus {
  readonly #dialogue: UnixDialogue;
  readonly #options: BusOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended = Promise.withResolvers<string>();
  #failure: Error | undefined;
  #serial = 0;

  constructor(dialogue: UnixDialogue, options: BusOptions) {
    this.#dialogue = dialogue;
    this.#options = options;
  }

  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  async call(call: DbusCall): Promise<readonly DbusValue[]> {
    if (this.#failure !== undefined) throw this.#failure;
    const waiting: Waiting = Promise.withResolvers();
    const serial = ++this.#serial;
    const { startsService, ...message } = call;
    const flags = startsService === true ? 0 : FLAG.noAutoStart;
    this.#dialogue.send(encodeMessage({ type: MESSAGE.call, flags, serial, ...message }));
    this.#waiting.set(serial, waiting);
    return await waiting.promise;
  }

  emit(signal: DbusSignal): void {
    this.#send({ type: MESSAGE.signal, flags: FLAG.noReply, ...signal });
  }

  stay(): void {
    this.#dialogue.stay();
  }

  listen(): void {
    void this.#receive();
  }

  [Symbol.dispose](): void {
    this.#dialogue[Symbol.dispose]();
    this.#end(unavailable('the connection was closed'));
  }

  #send(message: Omit<Parameters<typeof encodeMessage>[0], 'serial'>): void {
    if (this.#failure === undefined) this.#dialogue.send(encodeMessage({ ...message, serial: ++this.#serial }));
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        const head = await this.#dialogue.receive(HEAD_BYTES);
        const rest = await this.#dialogue.receive(messageBytes(head) - HEAD_BYTES);
        this.#onMessage(decodeMessage(Buffer.concat([head, rest])));
      }
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown : unavailable(String(thrown)));
      this.#dialogue[Symbol.dispose]();
    }
  }

  #onMessage(message: DbusMessage): void {
    if (message.type === MESSAGE.call) return this.#onCall(message);
    if (message.type === MESSAGE.signal) return this.#options.onSignal?.(message);
    const waiting = this.#waiting.get(message.replyTo);
    this.#waiting.delete(message.replyTo);
    if (message.type === MESSAGE.error) waiting?.reject(unavailable(message.errorName));
    else waiting?.resolve(message.body);
  }

  #onCall(call: DbusMessage): void {
    const answer = this.#options.answer?.(call);
    if ((call.flags & FLAG.noReply) !== 0) return;
    const to = { flags: FLAG.noReply, replyTo: call.serial, destination: call.sender };
    if (answer !== undefined) return this.#send({ type: MESSAGE.reply, ...to, ...answer });
    const text = { signature: 's', body: [`there is no ${call.interface}.${call.member} at ${call.path}`] };
    this.#send({ type: MESSAGE.error, ...to, errorName: UNKNOWN_METHOD, ...text });
  }

  /** The first failure counts. */
  #end(failure: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const waiting of this.#waiting.values()) waiting.reject(failure);
    this.#waiting.clear();
    this.#ended.resolve(failure.message);
  }
}

const unavailable = (because: string): WorkerError => new WorkerError('native.unavailable', because);
