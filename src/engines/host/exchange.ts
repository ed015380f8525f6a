import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { createStallTimer, type StallTimer } from '../../base/stall-timer.ts';
import { formatDuration } from '../../base/units.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { Clock } from '../../system/clock.ts';
import type { TaskDelta } from '../result.ts';
import type { FromChild, ToChild } from './messages.ts';

/** What a child is asked, and who follows it. */
export interface Request {
  readonly order: Extract<ToChild, { do: 'load' | 'run' }>;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
  readonly emit: (delta: TaskDelta) => void;
  /** Longest time without a sign of progress, in milliseconds. */
  readonly stallMs: number;
}

/** The answer that ends a request well. */
export type ChildAnswer = Extract<FromChild, { is: 'loaded' | 'done' }>;

/** What an exchange works with. */
export interface ExchangeOptions {
  readonly engine: EngineName;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly onStall: (error: WorkerError) => void;
  /** Called on abort; what it returns is called when the exchange ends. */
  readonly onAbort: () => () => void;
}

/** One request to a child, until it is answered. Nothing is passed on after an abort. Disposing stops its timers. */
export class Exchange implements Disposable {
  readonly doing: 'loading' | 'running';
  readonly #request: Request;
  readonly #answer = Promise.withResolvers<ChildAnswer>();
  readonly #stall: StallTimer;
  readonly #undo = new DisposableStack();

  constructor(request: Request, { engine, clock, onStall, onAbort }: ExchangeOptions) {
    const { order, signal, stallMs } = request;
    const doing = order.do === 'load' ? 'loading' : 'running';
    this.doing = doing;
    this.#request = request;
    const stall = createStallTimer({ clock, limitMs: stallMs, reason: (ms) => stallError(engine, doing, ms) });
    this.#stall = stall;
    this.#undo.defer(() => stall.stop());
    stall.signal.addEventListener('abort', () => onStall(toWorkerError(stall.signal.reason)));
    const abort = (): void => {
      stall.stop();
      this.#undo.defer(onAbort());
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#undo.defer(() => signal.removeEventListener('abort', abort));
  }

  /** Settles by `resolve` or `reject`. */
  get answer(): Promise<ChildAnswer> {
    return this.#answer.promise;
  }

  resolve(answer: ChildAnswer): void {
    this.#answer.resolve(answer);
  }

  reject(error: WorkerError): void {
    this.#answer.reject(error);
  }

  onProgress(done: number, total: number): void {
    if (this.#request.signal.aborted) return; // its remaining time must not grow after an abort
    this.#stall.moved();
    this.#request.progress(done, total);
  }

  onDelta(delta: TaskDelta): void {
    if (this.#request.signal.aborted) return;
    this.#stall.moved();
    this.#request.emit(delta);
  }

  [Symbol.dispose](): void {
    this.#undo.dispose();
  }
}

const stallError = (engine: EngineName, doing: 'loading' | 'running', stallMs: number): WorkerError =>
  new WorkerError(
    'engine.stalled',
    `the ${engine} engine made no progress for ${formatDuration(stallMs)} while ${doing} and was ended`,
  );
