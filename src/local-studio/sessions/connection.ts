import { errorChain } from '../../base/errors.ts';
import { cutToBytes } from '../../base/units.ts';
import { CLOSE, CLOSE_CODE_OF, type ErrorFrameCode } from '../../contract/frames/close-codes.ts';
import { FEATURES } from '../../contract/frames/inbound.ts';
import { OutboundFrameSchema, type ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import { writeJson } from '../../contract/json.ts';
import { readJson } from '../../contract/read.ts';
import { act, violation } from './frames-in.ts';
import { onSessionOver } from './claims.ts';
import { type Desk, report, type Session } from './state.ts';
import type { WorkerRow } from '../storage/store.ts';

/*
 * One socket, from its upgrade to its end.
 *
 *   opened ──hello──▶ greeting ──welcome──▶ live ──▶ over
 *      any other frame, or a frame while greeting: error `protocol_violation`, close 4002
 */

export interface StudioSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Cuts the line without a goodbye. */
  terminate(): void;
}

/** Where a test makes a studio misbehave. */
export interface SocketFaults {
  /** Whether a frame to the worker is swallowed. */
  readonly swallows?: (workerId: string, type: string) => boolean;
  /** Asked about each frame heard, before it is acted on; true means that it is not. */
  readonly ignores?: (workerId: string, frame: ReadOutboundFrame, socket: StudioSocket) => boolean;
}

export interface ConnectionDeps {
  readonly desk: Desk;
  readonly hashOf: (token: string) => string;
  /** Calls back when everything that has arrived so far has been handed over. */
  readonly soon: (call: () => void) => void;
  readonly faults: SocketFaults;
}

export interface Connection {
  onText(text: string): void;
  onBinary(): void;
  onClosed(code: number): void;
}

/** What a close frame can carry beside its code (RFC 6455 §5.5); the error frame before it has the words in full. */
const MOST_REASON_BYTES = 123;
/** How long a socket may take to say hello. */
const HELLO_MS = 15_000;

/** Speaks the contract on a socket whose upgrade was authorised for this worker. */
export function openConnection(deps: ConnectionDeps, socket: StudioSocket, worker: WorkerRow): Connection {
  const { desk } = deps;
  let at: 'opened' | 'greeting' | 'live' | 'over' = 'opened';
  let session: Session | undefined;
  const waiting: string[] = [];
  let pumping = false;
  const disarmHello = desk.clock.after(HELLO_MS, () => fail('protocol_violation', 'no hello'));

  function end(closeCode: number, reason: string): void {
    at = 'over';
    disarmHello();
    socket.close(closeCode, cutToBytes(reason, MOST_REASON_BYTES));
    leave('for-now');
  }

  function fail(code: ErrorFrameCode, message: string): void {
    if (at === 'over') return;
    desk.log.warn('session.refused', { workerId: worker.id, code, because: message });
    socket.send(writeJson({ type: 'error', code, message }));
    end(CLOSE_CODE_OF[code], message);
  }

  function leave(gone: 'for-now' | 'for-good'): void {
    const leaving = session;
    session = undefined;
    if (leaving === undefined) return;
    leaving.alive = false;
    if (desk.live.get(worker.id) === leaving) desk.live.delete(worker.id);
    desk.emit({ is: 'disconnected', workerId: worker.id });
    report(desk, onSessionOver(desk, leaving, gone));
  }

  function greet(frame: ReadOutboundFrame): void {
    if (frame.type !== 'hello') return fail('protocol_violation', `expected hello, got ${frame.type}`);
    if (deps.hashOf(frame.authToken) !== worker.tokenHash) return fail('auth_failed', 'the token is wrong');
    if (worker.deleted) return fail('worker_deleted', 'the operator deleted this worker');
    at = 'greeting';
    disarmHello();
    deps.soon(() => {
      if (at === 'greeting' && !desk.stopped) welcome(frame.capabilities);
    });
  }

  function welcome(capabilities: Session['capabilities']): void {
    desk.live.get(worker.id)?.end(CLOSE.duplicateWorker, 'another session took over', 'duplicate_worker');
    at = 'live';
    session = newSession(desk, worker.id, capabilities, {
      say: (type, text) => {
        if (deps.faults.swallows?.(worker.id, type) === true) return;
        desk.emit({ is: 'said', workerId: worker.id, type, text });
        socket.send(text);
      },
      end: (code, reason, errorCode) => {
        if (errorCode !== undefined) socket.send(writeJson({ type: 'error', code: errorCode, message: reason }));
        if (code === CLOSE.abnormal) socket.terminate();
        at = 'over';
        if (code !== CLOSE.abnormal) socket.close(code, reason);
        leave(code === CLOSE.duplicateWorker ? 'for-now' : 'for-good');
      },
    });
    desk.live.set(worker.id, session);
    const serverTime = new Date(desk.clock.now()).toISOString();
    const features = desk.resumes ? { features: FEATURES } : {};
    session.say('welcome', writeJson({ type: 'welcome', workerId: worker.id, serverTime, ...features }));
    desk.emit({ is: 'connected', workerId: worker.id });
    desk.log.info('session.welcomed', { workerId: worker.id });
    report(desk, desk.store.workers.seen(worker.id, writeJson(capabilities), desk.clock.now()));
  }

  async function onFrame(frame: ReadOutboundFrame): Promise<void> {
    if (at === 'over') return;
    desk.emit({ is: 'heard', workerId: worker.id, frame });
    if (deps.faults.ignores?.(worker.id, frame, socket) === true) return;
    if (session === undefined) greet(frame);
    else if (!(await act(desk, session, frame))) fail('protocol_violation', violation(frame));
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
      desk.log.error('session.failed', { workerId: worker.id, error: errorChain(thrown) });
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
      desk.log.info('session.closed', { workerId: worker.id, code });
      at = 'over';
      disarmHello();
      leave('for-now');
    },
  };
}

function newSession(
  desk: Desk,
  workerId: string,
  capabilities: Session['capabilities'],
  line: Pick<Session, 'say' | 'end'>,
): Session {
  const now = desk.clock.now();
  return {
    ...line,
    workerId,
    openedAt: now,
    alive: true,
    capabilities,
    lastBeatAt: now,
    slot: { at: 'idle' },
    cooling: false,
    askAgain: false,
    settled: false,
    refused: [],
    deferred: new Map(),
    overtaken: undefined,
    disarm: () => {},
  };
}
