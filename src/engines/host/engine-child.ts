import { WorkerError } from '../../base/errors.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnd, ChildEnvironment } from '../../system/process/child.ts';
import type { SpawnIpc, IpcChild } from '../../system/process/processes.ts';
import { crashError, keepLines } from './crash.ts';
import { type ChildAnswer, Exchange, type Request } from './exchange.ts';
import type { Warn } from './inner.ts';
import { type FromChild, readFromChild, toError } from './messages.ts';

export interface EngineChildOptions {
  readonly engine: EngineName;
  readonly spawn: SpawnIpc;
  /** This program, asked to be an engine. */
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** A child ended, hung or sent an invalid message without being asked to end. */
  readonly onCrash: (error: WorkerError) => void;
  /** The engine handled something that belongs in the log. */
  readonly onNote: Warn;
}

/** A conversation with one engine child. */
export interface EngineChild {
  readonly pid: number;
  /** Settles when the child is gone, however it ended. Never rejects. */
  readonly ended: Promise<void>;
  /** The child answers no more: the next request needs another one. */
  readonly over: boolean;
  /** Whether the child began with the last run it was asked for: one that it never received did nothing to it. */
  readonly taken: boolean;
  /**
   * One request at a time. On abort the child may end the work itself; if it does not at once, it is killed.
   *
   * @throws WorkerError what the child reported | `engine.crashed` | `engine.stalled`; or the signal's reason
   */
  ask(request: Request): Promise<ChildAnswer>;
  /** Lets the child free its model and end; kills it if it does not. Settles once it is gone. Never rejects. */
  leave(): Promise<void>;
}

/** How long a child may take to comply, in milliseconds. Both together leave time to kill it within half a second. */
const COOPERATES_WITHIN_MS = 200;
const LEAVES_WITHIN_MS = 200;
/** Enough for what an engine printed before its runtime wrote a page about the crash. */
const LINES_KEPT = 40;

/** Starts a child and talks with it. */
export const startEngineChild = (options: EngineChildOptions): EngineChild => new SpawnedEngineChild(options);

class SpawnedEngineChild implements EngineChild {
  readonly ended: Promise<void>;
  readonly #options: EngineChildOptions;
  readonly #child: IpcChild;
  readonly #printed = keepLines(LINES_KEPT);
  #exchange: Exchange | undefined;
  #isTaken = false;
  #isGone = false;
  /** We want it gone: however it ends now is no crash. */
  #isLeaving = false;
  /** Why it is being killed. */
  #condemned: WorkerError | undefined;
  /** Forgets that the child closed its channel: its end is known. */
  #stopWaiting = (): void => {};

  constructor(options: EngineChildOptions) {
    this.#options = options;
    this.#child = options.spawn(options.command, {
      env: options.env,
      onLine: (line) => this.#printed.add(line),
      onDisconnect: () => this.#onDisconnect(),
      onMessage: (message) => this.#onMessage(message),
    });
    this.ended = this.#child.ended.then((end) => this.#onEnd(end));
  }

  get pid(): number {
    return this.#child.pid;
  }

  get over(): boolean {
    return this.#isGone || this.#isLeaving;
  }

  get taken(): boolean {
    return this.#isTaken;
  }

  async ask(request: Request): Promise<ChildAnswer> {
    const { engine, clock } = this.#options;
    const { signal, order } = request;
    signal.throwIfAborted();
    if (this.#exchange !== undefined)
      throw new WorkerError('internal', `the ${engine} engine was asked two things at once`);
    using exchange = new Exchange(request, {
      engine,
      clock,
      onStall: (error) => this.#condemn(error),
      onAbort: () => this.#cancel(),
    });
    this.#exchange = exchange;
    this.#isTaken = false;
    this.#child.send(order); // a child that can no longer receive it ends, which is the answer
    try {
      return await exchange.answer;
    } finally {
      this.#exchange = undefined;
      signal.throwIfAborted(); // the answer came too late: the request was cancelled
    }
  }

  async leave(): Promise<void> {
    if (!this.over) {
      this.#isLeaving = true;
      this.#child.send({ do: 'unload' });
    }
    const disarm = this.#options.clock.after(LEAVES_WITHIN_MS, () => this.#child.killGroup());
    await this.ended;
    disarm();
  }

  /** Asks the child to end its work. Returns how to let it live after all. */
  #cancel(): () => void {
    this.#child.send({ do: 'cancel' });
    return this.#options.clock.after(COOPERATES_WITHIN_MS, () => {
      this.#isLeaving = true;
      this.#child.killGroup();
    });
  }

  /** An engine that breaks the rules of the conversation is as good as crashed. */
  #condemn(because: WorkerError): void {
    if (this.over) return;
    this.#condemned ??= because;
    this.#child.killGroup();
  }

  #condemnFor(deed: string): void {
    this.#condemn(new WorkerError('engine.crashed', `the ${this.#options.engine} engine ${deed}`));
  }

  /** The channel of a crashed child closes a moment before its end is known, and that end says more. */
  #onDisconnect(): void {
    this.#stopWaiting = this.#options.clock.after(LEAVES_WITHIN_MS, () =>
      this.#condemnFor('closed its connection to the worker'),
    );
  }

  #onMessage(message: unknown): void {
    const read = readFromChild(message);
    if (read.is === 'read') this.#onAnswer(read.value);
    else this.#condemnFor(`sent an invalid message (${read.problem})`);
  }

  #onAnswer(answer: FromChild): void {
    switch (answer.is) {
      case 'taken':
        this.#isTaken = true;
        return;
      case 'progress':
        return this.#exchange?.onProgress(answer.done, answer.total);
      case 'delta':
        return this.#exchange?.onDelta(answer.delta);
      case 'noted':
        return this.#options.onNote(answer.event, answer.fields);
      case 'failed':
        return this.#exchange?.reject(toError(answer.failure));
      case 'loaded':
      case 'done':
        return this.#exchange?.resolve(answer);
      default:
        return answer satisfies never;
    }
  }

  #onEnd(end: ChildEnd): void {
    const { engine, onCrash } = this.#options;
    this.#isGone = true;
    this.#stopWaiting();
    if (this.#isLeaving) {
      this.#exchange?.reject(new WorkerError('job.cancelled', `the ${engine} engine was asked to exit`));
      return;
    }
    const asked = this.#exchange?.doing ?? 'idle';
    const doing = asked === 'running' && !this.#isTaken ? 'idle' : asked;
    const error = this.#condemned ?? crashError(engine, { end, doing, lines: this.#printed.lines });
    onCrash(error);
    this.#exchange?.reject(error);
  }
}
