import { errorChain } from '../../base/errors.ts';
import { cutToBytes } from '../../base/units.ts';
import { CLOSE, CLOSE_CODE_OF, type ErrorFrameCode } from '../../contract/frames/close-codes.ts';
import type { Welcome } from '../../contract/frames/inbound.ts';
import { OutboundFrameSchema, type ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { writeJson } from '../../contract/json.ts';
import { type Read, readJson } from '../../contract/read.ts';
import type { NextTurn } from '../../system/clock.ts';
import type { ServerSocket, ServerSocketEvents } from '../../system/net/server.ts';
import { act, violation } from './frames-in.ts';
import { onSessionEnded } from './losses.ts';
import { DELETED } from './sessions.ts';
import { logFailure, type StudioState, type WorkerSession } from './state.ts';
import type { HashOf } from '../storage/secrets.ts';
import type { WorkerRow } from '../storage/tables/workers.ts';

/*
 * One socket, from its upgrade to its end.
 *
 *   opened ──hello──▶ greeting ──welcome──▶ live ──▶ over
 *      any other frame, or a frame while greeting: error `protocol_violation`, close 4002
 */

/** What serving a socket takes. */
export interface WorkerSocketDeps {
  readonly studio: StudioState;
  readonly hashOf: HashOf;
  readonly nextTurn: NextTurn;
  readonly newSessionId: () => string;
}

/** What a close frame can carry beside its code (RFC 6455 §5.5); the error frame before it has the reason in full. */
const MAX_REASON_BYTES = 123;
/** How many jobs a worker may have until its first heartbeat, which says how many it takes. */
const JOBS_AT_FIRST = 1;
/** How long a socket may take to send its `hello` (studio contract: timing constants). */
const HELLO_MS = 15_000;

/** Serves a socket whose upgrade was authorised for this worker. */
export const openWorkerSocket = (deps: WorkerSocketDeps, socket: ServerSocket, worker: WorkerRow): ServerSocketEvents =>
  new SocketDriver(deps, socket, worker);

class SocketDriver implements ServerSocketEvents {
  readonly #deps: WorkerSocketDeps;
  readonly #studio: StudioState;
  readonly #socket: ServerSocket;
  readonly #worker: WorkerRow;
  readonly #disarmHello: () => void;
  /** Frames that came while an earlier one is acted on. */
  readonly #waiting: string[] = [];
  #acting = false;
  #at: 'opened' | 'greeting' | 'live' | 'over' = 'opened';
  #session: WorkerSession | undefined;

  constructor(deps: WorkerSocketDeps, socket: ServerSocket, worker: WorkerRow) {
    this.#deps = deps;
    this.#studio = deps.studio;
    this.#socket = socket;
    this.#worker = worker;
    this.#disarmHello = deps.studio.clock.after(HELLO_MS, () => this.#fail('protocol_violation', 'no hello'));
  }

  onText(text: string): void {
    if (this.#at === 'greeting') return this.#fail('protocol_violation', 'a frame before the welcome');
    this.#waiting.push(text);
    void this.#actOnAll();
  }

  onBinary(): void {
    this.#fail('protocol_violation', 'binary frames are not part of the contract');
  }

  onClosed(code: number): void {
    this.#studio.log.info('session.closed', { workerId: this.#worker.id, code });
    this.#at = 'over';
    this.#disarmHello();
    this.#leave('for-now');
  }

  async #actOnAll(): Promise<void> {
    if (this.#acting) return;
    this.#acting = true;
    try {
      for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
        await this.#onFrame(readJson(OutboundFrameSchema, text));
      }
    } catch (thrown) {
      this.#studio.log.error('session.failed', { workerId: this.#worker.id, error: errorChain(thrown) });
      this.#fail('internal_error', 'the studio could not act on a frame');
    } finally {
      this.#acting = false;
    }
  }

  async #onFrame(read: Read<ReadOutboundFrame>): Promise<void> {
    if (this.#at === 'over') return;
    if (read.is === 'unreadable') {
      return this.#fail('protocol_violation', `not a frame of this contract: ${read.problem}`);
    }
    if (this.#session === undefined) return this.#greet(read.value);
    const isAllowed = await act(this.#studio, this.#session, read.value);
    if (!isAllowed) this.#fail('protocol_violation', violation(read.value));
  }

  #greet(frame: ReadOutboundFrame): void {
    if (frame.type !== 'hello') return this.#fail('protocol_violation', `expected hello, got ${frame.type}`);
    if (this.#deps.hashOf(frame.authToken) !== this.#worker.tokenHash) {
      return this.#fail('auth_failed', 'the token is wrong');
    }
    this.#at = 'greeting';
    this.#disarmHello();
    this.#deps.nextTurn(() => {
      if (this.#at === 'greeting' && !this.#studio.stopped) this.#welcome(frame.capabilities);
    });
  }

  #welcome(capabilities: WorkerSession['capabilities']): void {
    const studio = this.#studio;
    const { id: workerId } = this.#worker;
    if (studio.removed.has(workerId)) return this.#fail('worker_deleted', DELETED);
    studio.live.get(workerId)?.end(CLOSE.duplicateWorker, 'another session took over', 'duplicate_worker');
    this.#at = 'live';
    const id = this.#deps.newSessionId();
    const start = {
      sessionId: id,
      capabilities: writeJson(capabilities),
      maxJobs: JOBS_AT_FIRST,
      at: studio.clock.now(),
    };
    const opened = studio.store.workers.welcome(workerId, start);
    const session = newSession(
      studio,
      { id, workerId, opened, capabilities },
      {
        send: (text) => this.#socket.send(text),
        end: (code, reason, errorCode) => this.#endSession(code, reason, errorCode),
      },
    );
    this.#session = session;
    studio.live.set(workerId, session);
    const serverTime = new Date(studio.clock.now()).toISOString();
    session.send(writeJson({ type: 'welcome', workerId, serverTime, ...offeredBy(studio) }));
    studio.log.info('session.welcomed', { workerId });
    logFailure(
      studio,
      opened.then(() => studio.bus.publish({ is: 'connected', workerId })),
    );
  }

  /** The studio ends a session that broke no rule: another one took over, it is stale, or its worker was removed. */
  #endSession(code: number, reason: string, errorCode: string | undefined): void {
    if (errorCode !== undefined) this.#socket.send(writeJson({ type: 'error', code: errorCode, message: reason }));
    this.#at = 'over';
    if (code === CLOSE.abnormal) this.#socket.terminate();
    else this.#socket.close(code, reason);
    // One that fell silent may be cut off from here for a while, and still be at work.
    this.#leave(code === CLOSE.duplicateWorker || code === CLOSE.abnormal ? 'for-now' : 'for-good');
  }

  #fail(code: ErrorFrameCode, message: string): void {
    if (this.#at === 'over') return;
    this.#studio.log.warn('session.refused', { workerId: this.#worker.id, code, because: message });
    this.#socket.send(writeJson({ type: 'error', code, message }));
    this.#at = 'over';
    this.#disarmHello();
    this.#socket.close(CLOSE_CODE_OF[code], cutToBytes(message, MAX_REASON_BYTES));
    this.#leave('for-now');
  }

  #leave(gone: 'for-now' | 'for-good'): void {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    session.readiness = 'gone';
    const { live } = this.#studio;
    if (live.get(this.#worker.id) === session) live.delete(this.#worker.id);
    this.#studio.tell({ is: 'worker', workerId: this.#worker.id });
    logFailure(this.#studio, onSessionEnded(this.#studio, session, gone));
  }
}

/** What a welcome has beyond the bare contract. */
const offeredBy = ({
  features,
  maxParallelJobs,
}: StudioState): Pick<Partial<Welcome>, 'features' | 'max_parallel_jobs'> => ({
  ...(features.length === 0 ? {} : { features: [...features] }),
  ...(maxParallelJobs === 1 ? {} : { max_parallel_jobs: maxParallelJobs }),
});

function newSession(
  studio: StudioState,
  known: Pick<WorkerSession, 'id' | 'workerId' | 'opened' | 'capabilities'>,
  ends: Pick<WorkerSession, 'send' | 'end'>,
): WorkerSession {
  return {
    ...ends,
    ...known,
    readiness: 'greeted',
    lastBeat: { at: studio.clock.now(), elapsedMs: studio.clock.elapsed() },
    offer: { at: 'none' },
    running: new Map(),
    maxJobs: JOBS_AT_FIRST,
    noSlotUntil: new Map(),
    rejected: [],
    deferred: new Map(),
    overtaken: undefined,
  };
}
