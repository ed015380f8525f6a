import { errorChain } from '../../base/errors.ts';
import { cutToBytes } from '../../base/units.ts';
import { CLOSE, CLOSE_CODE_OF, type ErrorFrameCode } from '../../contract/frames/close-codes.ts';
import { OutboundFrameSchema, type ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { writeJson } from '../../contract/json.ts';
import { readJson } from '../../contract/read.ts';
import { act, violation } from './frames-in.ts';
import { onSessionEnded } from './leases.ts';
import { logFailure, type StudioState, type WorkerSession } from './state.ts';
import type { HashOf } from '../storage/secrets.ts';
import type { WorkerRow } from '../storage/store.ts';

/*
 * One socket, from its upgrade to its end.
 *
 *   opened ──hello──▶ greeting ──welcome──▶ live ──▶ over
 *      any other frame, or a frame while greeting: error `protocol_violation`, close 4002
 */

/** The studio's end of one socket to a worker. */
export interface WorkerSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Cuts the socket without a close frame. */
  terminate(): void;
}

/** What happens on a socket, in order: any number of frames, then one `onClosed`. */
export interface WorkerSocketEvents {
  onText(text: string): void;
  onBinary(): void;
  onClosed(code: number): void;
}

/** What serving a socket takes. */
export interface WorkerSocketDeps {
  readonly studio: StudioState;
  readonly hashOf: HashOf;
  /** Calls back when everything that has arrived so far has been handed over. */
  readonly soon: (call: () => void) => void;
}

/** What a close frame can carry beside its code (RFC 6455 §5.5); the error frame before it has the reason in full. */
const MAX_REASON_BYTES = 123;
/** How long a socket may take to send its `hello` (studio contract: timing constants). */
const HELLO_MS = 15_000;

/** Serves a socket whose upgrade was authorised for this worker. */
export function openWorkerSocket(deps: WorkerSocketDeps, socket: WorkerSocket, worker: WorkerRow): WorkerSocketEvents {
  const { studio } = deps;
  let at: 'opened' | 'greeting' | 'live' | 'over' = 'opened';
  let session: WorkerSession | undefined;
  const waiting: string[] = [];
  let pumping = false;
  const disarmHello = studio.clock.after(HELLO_MS, () => fail('protocol_violation', 'no hello'));

  function end(closeCode: number, reason: string): void {
    at = 'over';
    disarmHello();
    socket.close(closeCode, cutToBytes(reason, MAX_REASON_BYTES));
    leave('for-now');
  }

  function fail(code: ErrorFrameCode, message: string): void {
    if (at === 'over') return;
    studio.log.warn('session.refused', { workerId: worker.id, code, because: message });
    socket.send(writeJson({ type: 'error', code, message }));
    end(CLOSE_CODE_OF[code], message);
  }

  function leave(gone: 'for-now' | 'for-good'): void {
    const leaving = session;
    session = undefined;
    if (leaving === undefined) return;
    leaving.alive = false;
    if (studio.live.get(worker.id) === leaving) studio.live.delete(worker.id);
    logFailure(studio, onSessionEnded(studio, leaving, gone));
  }

  function greet(frame: ReadOutboundFrame): void {
    if (frame.type !== 'hello') return fail('protocol_violation', `expected hello, got ${frame.type}`);
    if (deps.hashOf(frame.authToken) !== worker.tokenHash) return fail('auth_failed', 'the token is wrong');
    if (worker.deleted) return fail('worker_deleted', 'the operator deleted this worker');
    at = 'greeting';
    disarmHello();
    deps.soon(() => {
      if (at === 'greeting' && !studio.stopped) welcome(frame.capabilities);
    });
  }

  function welcome(capabilities: WorkerSession['capabilities']): void {
    studio.live.get(worker.id)?.end(CLOSE.duplicateWorker, 'another session took over', 'duplicate_worker');
    at = 'live';
    session = newSession(studio, worker.id, capabilities, {
      send: (text) => socket.send(text),
      end: (code, reason, errorCode) => {
        if (errorCode !== undefined) socket.send(writeJson({ type: 'error', code: errorCode, message: reason }));
        if (code === CLOSE.abnormal) socket.terminate();
        at = 'over';
        if (code !== CLOSE.abnormal) socket.close(code, reason);
        leave(code === CLOSE.duplicateWorker ? 'for-now' : 'for-good');
      },
    });
    studio.live.set(worker.id, session);
    const serverTime = new Date(studio.clock.now()).toISOString();
    const features = studio.features.length === 0 ? {} : { features: studio.features };
    session.send(writeJson({ type: 'welcome', workerId: worker.id, serverTime, ...features }));
    studio.log.info('session.welcomed', { workerId: worker.id });
    logFailure(studio, studio.store.workers.seen(worker.id, writeJson(capabilities), studio.clock.now()));
  }

  async function onFrame(frame: ReadOutboundFrame): Promise<void> {
    if (at === 'over') return;
    if (session === undefined) greet(frame);
    else if (!(await act(studio, session, frame))) fail('protocol_violation', violation(frame));
  }

  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    try {
      for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
        const read = readJson(OutboundFrameSchema, text);
        if (read.is === 'unreadable') fail('protocol_violation', `not a frame of this contract: ${read.problem}`);
        else await onFrame(read.value);
      }
    } catch (thrown) {
      studio.log.error('session.failed', { workerId: worker.id, error: errorChain(thrown) });
      fail('internal_error', 'the studio could not act on a frame');
    } finally {
      pumping = false;
    }
  }

  return {
    onText(text) {
      if (at === 'greeting') return fail('protocol_violation', 'a frame before the welcome');
      waiting.push(text);
      void pump();
    },
    onBinary: () => fail('protocol_violation', 'binary frames are not part of the contract'),
    onClosed(code) {
      studio.log.info('session.closed', { workerId: worker.id, code });
      at = 'over';
      disarmHello();
      leave('for-now');
    },
  };
}

function newSession(
  studio: StudioState,
  workerId: string,
  capabilities: WorkerSession['capabilities'],
  ends: Pick<WorkerSession, 'send' | 'end'>,
): WorkerSession {
  return {
    ...ends,
    workerId,
    alive: true,
    capabilities,
    lastBeat: { at: studio.clock.now(), elapsedMs: studio.clock.elapsed() },
    activity: { at: 'idle' },
    cooling: false,
    askAgain: false,
    settled: false,
    rejected: [],
    deferred: new Map(),
    overtaken: undefined,
    disarm: () => {},
  };
}
