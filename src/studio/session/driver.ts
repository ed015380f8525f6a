import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { shownUrl } from '../../base/urls.ts';
import { USER_AGENT } from '../../base/version.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import { CLOSE, isFinalClose, SUB_PROTOCOL } from '../../contract/frames/close-codes.ts';
import { parseInbound } from '../../contract/frames/inbound.ts';
import { heartbeat, hello } from '../../contract/frames/outbound.ts';
import { connectUrl } from '../../contract/routes.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import type { SocketEnd, Sockets } from '../../system/net/socket.ts';
import { createAdvertising } from './advertising.ts';
import { backoffMs, jittered } from './backoff.ts';
import { describeEnd, describeFully, GOODBYE_MS, type Line, openLine } from './link.ts';
import { type Effect, type Event, type Policy, type State, step, type Timer } from './machine.ts';
import { onBinaryFrame, onFrame, type Reaction } from './on-frame.ts';
import type { Credentials, Session, SessionEnd, SessionEvents, SessionStatus } from './session.ts';
import { type LogQueue, shipLogs } from './ship-logs.ts';

/*
 * The driver of the session: performs the machine's effects and feeds back what happens. It has three duties the
 * machine cannot have: it hears only the current socket, it turns every way a socket can end into one `lost`, and it
 * takes one thing at a time, so that an effect which causes an event never meets a half-changed state. It is long
 * because every effect and every line the session logs is here, in one place.
 */

export interface SessionOptions {
  readonly sockets: Sockets;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly random: Pick<Random, 'unit'>;
  readonly log: Logger;
  /** Undefined means not approved yet; `credentialsChanged` says when to ask again. */
  readonly credentials: () => Credentials | undefined;
  readonly capabilities: () => Capabilities;
  /** Whether the operator lets this worker claim; capabilities may say no for other reasons. */
  readonly claiming: () => boolean;
  readonly currentJobId: () => JobId | undefined;
  readonly shipBuffer: LogQueue;
  readonly events: SessionEvents;
  /** Failures to get in, in a row, that are forgiven; 0 forgives any number. */
  readonly maxFailures: number;
}

export interface DrivenSession extends Session {
  /** The operator at the studio approved this worker, or its registration was reset. */
  credentialsChanged(): void;
}

/** Studio contract, timing constants. */
const TIMING = {
  connectMs: 15_000,
  silenceMs: 20_000,
  heartbeatMs: 5_000,
  flushMs: 1_000,
  retryAfterMostMs: 5 * MINUTE_MS,
} as const;

/** Creates the session; nothing happens before `start`. */
export function createSession(options: SessionOptions): DrivenSession {
  const { clock, log, events } = options;
  const policy: Policy = {
    ...TIMING,
    maxFailures: options.maxFailures,
    backoffMs: (failures) => jittered(backoffMs(failures), options.random.unit()),
    isFinal: isFinalClose,
    authFailedCode: CLOSE.authFailed,
  };
  const advertising = createAdvertising(log, options.capabilities, options.claiming);
  const timers = new Map<Timer, () => void>();
  const lines = new Set<Line>();
  const ended = Promise.withResolvers<SessionEnd>();
  const queue: (() => void)[] = [];
  let state: State = { at: 'idle' };
  let line: Line | undefined;
  let started = false;
  let running = false;
  let concluded = false;
  let because = '';
  let retryAtMs = 0;

  /** One thing at a time, each guarded: what nobody foresaw costs the socket and never the session. */
  function run(task: () => void): void {
    queue.push(task);
    if (running) return;
    running = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        next();
      } catch (thrown) {
        const reason = errorChain(thrown);
        log.error('session.faulted', { error: reason });
        queue.push(() => fault(reason));
      }
    }
    running = false;
  }

  function fault(reason: string): void {
    line?.leave('session ended');
    if (state.at === 'closed') conclude(state);
    else apply({ type: 'lost', code: CLOSE.abnormal, reason });
  }

  function apply(event: Event): void {
    const before = state;
    const next = step(state, event, policy);
    state = next.state;
    for (const effect of next.effects) perform(effect);
    if (state.at !== before.at) onMoved(before, event);
  }

  function perform(effect: Effect): void {
    switch (effect.do) {
      case 'connect':
        return connect();
      case 'send-hello': {
        const token = options.credentials()?.authToken;
        if (token !== undefined) line?.send(hello(token, advertising.forHello()));
        return;
      }
      case 'send-heartbeat':
        return void line?.send(heartbeat(advertising.forHeartbeat(), options.currentJobId()));
      case 'flush-logs':
        return line && shipLogs(options.shipBuffer, line, state.at === 'closed');
      case 'hang-up':
        return line?.leave(effect.reason);
      case 'arm':
        return arm(effect.timer, effect.ms);
      case 'disarm':
        return disarm(effect.timer);
      default:
        return effect satisfies never;
    }
  }

  function arm(timer: Timer, ms: number): void {
    disarm(timer);
    if (timer === 'backoff') retryAtMs = clock.elapsed() + ms;
    timers.set(
      timer,
      clock.after(ms, () => run(() => apply({ type: 'elapsed', timer }))),
    );
  }

  function disarm(timer: Timer): void {
    timers.get(timer)?.();
    timers.delete(timer);
  }

  function connect(): void {
    const credentials = options.credentials();
    if (credentials === undefined) return run(() => apply({ type: 'unapproved' }));
    const url = connectUrl(credentials.apiBaseUrl, credentials.workerId);
    if (url === undefined)
      return run(() => onClosed({ code: CLOSE.abnormal, reason: 'the studio URL is not http(s)' }));
    log.info('session.connecting', { url: shownUrl(url) });
    const headers = { authorization: `Bearer ${credentials.authToken}`, 'user-agent': USER_AGENT };
    const opened = openLine(
      options.sockets,
      { url, headers, protocol: SUB_PROTOCOL },
      {
        onOpened: () => run(() => apply({ type: 'opened' })),
        onText: (text) => run(() => onText(text)),
        onBinary: (sizeBytes) => run(() => say(onBinaryFrame(sizeBytes))),
        onClosed: (end) => run(() => onClosed(end)),
      },
    );
    line = opened;
    lines.add(opened);
    void opened.gone.then(() => lines.delete(opened));
  }

  function onText(text: string): void {
    const reaction = onFrame(parseInbound(text), state.at === 'live');
    say(reaction.log);
    apply(reaction.event);
    if (reaction.send !== undefined) line?.send(reaction.send);
    reaction.tell?.(events);
  }

  function say(line: Reaction['log']): void {
    if (line !== undefined) log[line.level](line.event, line.fields);
  }

  function onClosed(end: SocketEnd): void {
    if (state.at === 'connecting') log.warn('session.connect-failed', { error: describeFully(end) });
    const { status, retryAfterMs } = end.refused ?? {};
    apply({ type: 'lost', code: end.code, reason: describeEnd(end), status, retryAfterMs });
  }

  /** What the log and the rest of the worker hear of a change of state. */
  function onMoved(before: State, event: Event): void {
    because = wordsOf(event);
    if (before.at === 'connecting' && event.type === 'elapsed') log.warn('session.connect-failed', { error: because });
    if (state.at === 'backing-off') {
      line = undefined;
      const retryInMs = Math.round(retryAtMs - clock.elapsed());
      log.warn('session.lost', { reason: because, attempt: state.failures, retryInMs });
    }
    if (state.at === 'closed') conclude(state);
    if (before.at === 'live') events.onLost();
  }

  function conclude(closed: State & { readonly at: 'closed' }): void {
    if (concluded) return;
    concluded = true;
    // A socket left earlier has had its time; only the last goodbye is waited for.
    for (const old of lines) if (old !== line) old.cut();
    line = undefined;
    if (closed.because === 'refused') log.error('session.refused', { code: closed.code, reason: because });
    if (closed.because === 'gave-up') log.error('session.gave-up', { failures: closed.failures });
    const overdue = Promise.withResolvers<void>();
    const disarmLimit = clock.after(GOODBYE_MS, overdue.resolve);
    void Promise.race([Promise.all([...lines].map((last) => last.gone)), overdue.promise]).then(() => {
      disarmLimit();
      ended.resolve(endOf(closed, because));
    });
  }

  function startIfApproved(): void {
    if (started && state.at === 'idle' && options.credentials() !== undefined) apply({ type: 'start' });
  }

  return {
    start: () =>
      run(() => {
        started = true;
        startIfApproved();
      }),
    credentialsChanged: () => run(startIfApproved),
    send: (frame) => state.at === 'live' && line !== undefined && line.send(frame),
    status: () => statusOf(state, because, retryAtMs - clock.elapsed()),
    beat: () => run(() => apply({ type: 'beat' })),
    async stop() {
      run(() => apply({ type: 'stop' }));
      await ended.promise;
    },
    ended: ended.promise,
  };
}

/** Why the session moved, for the log and for `status`. */
function wordsOf(event: Event): string {
  if (event.type === 'lost') return event.reason;
  if (event.type === 'reported') return event.message;
  if (event.type !== 'elapsed') return event.type;
  return event.timer === 'connect'
    ? `the studio did not open the session within ${TIMING.connectMs / 1000} s`
    : `the studio was silent for ${TIMING.silenceMs / 1000} s`;
}

function statusOf(state: State, because: string, retryInMs: number): SessionStatus {
  if (state.at === 'backing-off') {
    return { at: 'backing-off', failures: state.failures, retryInMs: Math.max(0, Math.round(retryInMs)) };
  }
  if (state.at !== 'closed') return { at: state.at };
  return state.because === 'stopped' ? { at: 'stopped' } : { at: state.because, because };
}

function endOf(closed: State & { readonly at: 'closed' }, message: string): SessionEnd {
  switch (closed.because) {
    case 'stopped':
      return { because: 'stopped' };
    case 'refused':
      return { because: 'refused', code: closed.code, message };
    case 'gave-up':
      return { because: 'gave-up', failures: closed.failures };
    default:
      return closed satisfies never;
  }
}
