import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { createStallTimer } from '../../base/stall-timer.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { formatDuration } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import type { SpawnTalking, TalkingChild } from '../../system/process/processes.ts';
import type { TaskDelta } from '../result.ts';
import type { Warn } from './inner.ts';
import { crashError, createTail, type Doing } from './crash.ts';
import { type FromChild, readFromChild, toError, type ToChild } from './messages.ts';

export interface TalkOptions {
  readonly engine: EngineName;
  readonly spawn: SpawnTalking;
  /** This program, asked to be an engine. */
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** A child ended, hung or sent an invalid message without being asked to end. */
  readonly onCrash: (error: WorkerError) => void;
  /** The engine handled something that belongs in the log. */
  readonly onNote: Warn;
}

export interface Request {
  readonly order: Extract<ToChild, { do: 'load' | 'run' }>;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
  readonly emit: (delta: TaskDelta) => void;
  /** Longest time without a sign of progress. */
  readonly stallMs: number;
}

/** The answer that ends a request well. */
export type Answer = Extract<FromChild, { is: 'loaded' | 'done' }>;

/** A conversation with one engine child. */
export interface Talk {
  readonly pid: number;
  /** Settles when the child is gone, however it ended. Never rejects. */
  readonly ended: Promise<void>;
  /** The child answers no more: the next request needs another one. */
  readonly over: boolean;
  /** Whether the child began with the last run it was asked for: one that it never heard of did nothing to it. */
  readonly taken: boolean;
  /**
   * One request at a time. On abort the child may end the work itself; if it does not at once, it is killed.
   *
   * @throws WorkerError what the child reported | `engine.crashed` | `engine.stalled`; or the signal's reason
   */
  ask(request: Request): Promise<Answer>;
  /** Lets the child free its model and end; kills it if it does not. Settles once it is gone. Never rejects. */
  leave(): Promise<void>;
}

/** How long a child may take to comply, in milliseconds. Both together leave time to kill it within half a second. */
const COOPERATES_WITHIN_MS = 200;
const LEAVES_WITHIN_MS = 200;
/** Enough for what an engine printed before its runtime wrote a page about the crash. */
const LINES_KEPT = 40;

interface Pending {
  readonly answer: PromiseWithResolvers<Answer>;
  readonly doing: Doing;
  readonly onProgress: (done: number, total: number) => void;
  readonly onDelta: (delta: TaskDelta) => void;
}

/** Starts a child and talks with it. */
export function startTalk(options: TalkOptions): Talk {
  const { engine, clock } = options;
  const tail = createTail(LINES_KEPT);
  let pending: Pending | undefined;
  let taken = false;
  let over = false;
  /** We want it gone: however it ends now is no crash. */
  let leaving = false;
  let verdict: WorkerError | undefined;
  /** Forgets that the child closed its channel: its end is known. */
  let stopWaiting = (): void => {};

  const child: TalkingChild = options.spawn(options.command, {
    env: options.env,
    onLine: (line) => tail.add(line),
    // The channel of a crashed child closes a moment before its end is known, and that end says more.
    onDisconnect: () => {
      stopWaiting = clock.after(LEAVES_WITHIN_MS, () => condemn(broken('closed its connection to the worker')));
    },
    onMessage: (message) => {
      const read = readFromChild(message);
      if (read.is === 'read') onAnswer(read.value);
      else condemn(broken(`sent an invalid message (${read.problem})`));
    },
  });

  const broken = (deed: string): WorkerError => new WorkerError('engine.crashed', `the ${engine} engine ${deed}`);

  /** An engine that breaks the rules of the conversation is as good as crashed. */
  function condemn(because: WorkerError): void {
    if (leaving || over) return;
    verdict ??= because;
    child.killGroup();
  }

  function onAnswer(answer: FromChild): void {
    if (answer.is === 'taken') taken = true;
    else if (answer.is === 'progress') pending?.onProgress(answer.done, answer.total);
    else if (answer.is === 'delta') pending?.onDelta(answer.delta);
    else if (answer.is === 'noted') options.onNote(answer.event, answer.fields);
    else if (answer.is === 'failed') pending?.answer.reject(toError(answer.failure));
    else pending?.answer.resolve(answer);
  }

  const ended = child.ended.then((end) => {
    over = true;
    stopWaiting();
    if (leaving) {
      pending?.answer.reject(new WorkerError('job.cancelled', `the ${engine} engine was asked to exit`));
      return;
    }
    const doing = pending?.doing === 'running' && !taken ? 'idle' : (pending?.doing ?? 'idle');
    const error = verdict ?? crashError(engine, { end, doing, lines: tail.lines });
    options.onCrash(error);
    pending?.answer.reject(error);
  });

  async function ask({ order, signal, progress, emit, stallMs }: Request): Promise<Answer> {
    signal.throwIfAborted();
    if (pending !== undefined) throw new WorkerError('internal', `the ${engine} engine was asked two things at once`);
    const doing = order.do === 'load' ? 'loading' : 'running';
    using undo = new DisposableStack();
    const stall = createStallTimer({ clock, limitMs: stallMs, reason: (ms) => stallError(engine, doing, ms) });
    undo.defer(() => stall.stop());
    stall.signal.addEventListener('abort', () => condemn(toWorkerError(stall.signal.reason)));
    const cancel = (): void => {
      stall.stop();
      child.send({ do: 'cancel' });
      const disarm = clock.after(COOPERATES_WITHIN_MS, () => {
        leaving = true;
        child.killGroup();
      });
      undo.defer(disarm);
    };
    const onProgress = (done: number, total: number): void => {
      if (signal.aborted) return; // the time it has left does not grow any more
      stall.moved();
      progress(done, total);
    };
    const onDelta = (delta: TaskDelta): void => {
      if (signal.aborted) return;
      stall.moved();
      emit(delta);
    };
    const answer = Promise.withResolvers<Answer>();
    signal.addEventListener('abort', cancel, { once: true });
    undo.defer(() => signal.removeEventListener('abort', cancel));
    undo.defer(() => (pending = undefined));
    pending = { answer, doing, onProgress, onDelta };
    taken = false;
    child.send(order); // a child that cannot receive it any more ends, which is the answer
    try {
      return await answer.promise;
    } finally {
      signal.throwIfAborted(); // whatever it answered, nobody wants it now
    }
  }

  async function leave(): Promise<void> {
    if (!over && !leaving) {
      leaving = true;
      child.send({ do: 'unload' });
    }
    const disarm = clock.after(LEAVES_WITHIN_MS, () => child.killGroup());
    await ended;
    disarm();
  }

  return {
    pid: child.pid,
    ended,
    get over() {
      return over || leaving;
    },
    get taken() {
      return taken;
    },
    ask,
    leave,
  };
}

const stallError = (engine: EngineName, doing: 'loading' | 'running', stallMs: number): WorkerError =>
  new WorkerError(
    'engine.stalled',
    `the ${engine} engine made no progress for ${formatDuration(stallMs)} while ${doing} and was ended`,
  );
