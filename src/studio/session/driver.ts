import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { shownUrl } from '../../base/urls.ts';
import { USER_AGENT } from '../../base/version.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import { CLOSE, isFinalClose, SUB_PROTOCOL } from '../../contract/frames/close-codes.ts';
import { heartbeat, hello, type OutboundFrame } from '../../contract/frames/outbound.ts';
import { connectUrl } from '../../contract/routes.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import type { SocketEnd, Sockets } from '../../system/net/socket.ts';
import { type Advertising, type Claiming, createAdvertising } from './advertising.ts';
import { backoffMs, jittered } from './backoff.ts';
import { describeEnd, describeFully, CLOSE_TIMEOUT_MS, Links } from './link.ts';
import { type Effect, type Event, type Policy, type State, step, type Timer } from './machine.ts';
import { onBinaryFrame, onFrame, type Reaction } from './on-frame.ts';
import type { Credentials, Session, SessionEnd, SessionReceiver, SessionStatus } from './session.ts';
import { type LogQueue, shipLogs } from './ship-logs.ts';
import { TaskQueue } from './task-queue.ts';
import { type Closed, endOf, statusOf } from './status.ts';
import { BARE_TERMS, jobsToName, type StudioTerms } from './terms.ts';
import { Timers } from './timers.ts';

/*
 * The driver of the session: performs the machine's effects and feeds back what happens. It has three duties the
 * machine cannot have: it follows only the current socket, it turns every way a socket can end into one `lost`, and it
 * takes one thing at a time, so that an effect which causes an event never meets a half-changed state. It is long
 * because every effect and every line the session logs is here, in one place.
 */

export interface SessionOptions {
  readonly sockets: Sockets;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly random: Pick<Random, 'unit'>;
  readonly log: Logger;
  /** Undefined means not approved yet; asked again after `credentialsChanged`. */
  readonly credentials: () => Credentials | undefined;
  /** `terms`: what the studio named in the welcome of this socket; nothing before it. */
  readonly capabilities: (terms: StudioTerms) => Capabilities;
  /** Whether the operator lets this worker claim; capabilities may deny it for other reasons. */
  readonly claiming: () => Claiming;
  /** Those that heartbeats name, oldest first. */
  readonly currentJobIds: () => readonly JobId[];
  readonly shipBuffer: LogQueue;
  /** Called whenever the session moved to another state. Must not throw. */
  readonly onStatus: (status: SessionStatus) => void;
  /** Called when a heartbeat is on its way. */
  readonly onHeartbeatSent?: () => void;
  /** The studio has forgotten this worker. The session waits for new credentials. */
  readonly onRevoked: (revoked: { readonly workerId: string; readonly reason: string }) => void;
  /** Failures to get in, in a row, that are forgiven; 0 forgives any number. */
  readonly maxFailures: number;
}

/** The session as its owner drives it. */
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
  maxRetryAfterMs: 5 * MINUTE_MS,
} as const;

/** Creates the session; nothing happens before `start`. */
export const createSession = (options: SessionOptions): DrivenSession => new SessionDriver(options);

class SessionDriver implements DrivenSession {
  readonly #options: SessionOptions;
  readonly #policy: Policy;
  readonly #advertising: Advertising;
  readonly #tasks = new TaskQueue((thrown) => this.#onFault(errorChain(thrown)));
  readonly #timers: Timers<Timer>;
  readonly #links: Links;
  readonly #ended = Promise.withResolvers<SessionEnd>();
  #state: State = { at: 'idle' };
  /** Whose credentials the current socket was opened with. */
  #connectedAs = '';
  /** What the welcome of the current socket named. */
  #terms: StudioTerms = BARE_TERMS;
  /** Why the session is in this state. */
  #because = '';
  #started = false;
  #receivers: readonly SessionReceiver[] = [];
  #concluded = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#policy = {
      ...TIMING,
      maxFailures: options.maxFailures,
      backoffMs: (failures) => jittered(backoffMs(failures), options.random.unit()),
      isFinal: isFinalClose,
      authFailedCode: CLOSE.authFailed,
      revokedCode: CLOSE.workerDeleted,
    };
    this.#advertising = createAdvertising(options.log, options.capabilities, options.claiming);
    this.#timers = new Timers(options.clock, (timer) => this.#enqueue({ type: 'elapsed', timer }));
    this.#links = new Links(options.sockets);
  }

  get ended(): Promise<SessionEnd> {
    return this.#ended.promise;
  }

  start(receivers: readonly SessionReceiver[]): void {
    this.#tasks.run(() => {
      if (!this.#started) this.#receivers = receivers;
      this.#started = true;
      this.#startIfApproved();
    });
  }

  credentialsChanged(): void {
    this.#tasks.run(() => this.#startIfApproved());
  }

  send(frame: OutboundFrame): boolean {
    return this.#state.at === 'live' && this.#links.current?.send(frame) === true;
  }

  status(): SessionStatus {
    return statusOf(this.#state, this.#because, this.#timers.remainingMs('backoff'));
  }

  beat(): void {
    this.#enqueue({ type: 'beat' });
  }

  async stop(): Promise<void> {
    this.#enqueue({ type: 'stop' });
    await this.#ended.promise;
  }

  #enqueue(event: Event): void {
    this.#tasks.run(() => this.#apply(event));
  }

  /** What nobody foresaw costs the socket and never the session. */
  #onFault(reason: string): void {
    this.#options.log.error('session.faulted', { error: reason });
    this.#tasks.run(() => {
      this.#links.current?.leave('session ended');
      if (this.#state.at === 'closed') this.#conclude(this.#state);
      else this.#apply({ type: 'lost', code: CLOSE.abnormal, reason });
    });
  }

  #startIfApproved(): void {
    const approved = this.#options.credentials() !== undefined;
    if (this.#started && this.#state.at === 'idle' && approved) this.#apply({ type: 'start' });
  }

  #apply(event: Event): void {
    const before = this.#state;
    const next = step(before, event, this.#policy);
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
    if (next.state.at === before.at) return;
    this.#onMoved(before, event);
    this.#options.onStatus(this.status());
  }

  #perform(effect: Effect): void {
    const link = this.#links.current;
    switch (effect.do) {
      case 'connect':
        return this.#connect();
      case 'send-hello': {
        const token = this.#options.credentials()?.authToken;
        if (token !== undefined) link?.send(hello(token, this.#advertising.forHello()));
        return;
      }
      case 'send-heartbeat':
        link?.send(this.#heartbeat());
        return this.#options.onHeartbeatSent?.();
      case 'report-revoked':
        return this.#options.onRevoked({ workerId: this.#connectedAs, reason: effect.reason });
      case 'flush-logs':
        return link && shipLogs(this.#options.shipBuffer, link, this.#state.at === 'closed');
      case 'hang-up':
        return link?.leave(effect.reason);
      case 'arm':
        return this.#timers.arm(effect.timer, effect.ms);
      case 'disarm':
        return this.#timers.disarm(effect.timer);
      default:
        return effect satisfies never;
    }
  }

  #heartbeat(): OutboundFrame {
    const jobIds = jobsToName(this.#options.currentJobIds(), this.#terms);
    return heartbeat(this.#advertising.forHeartbeat(this.#terms), jobIds);
  }

  #connect(): void {
    const credentials = this.#options.credentials();
    if (credentials === undefined) return this.#enqueue({ type: 'unapproved' });
    this.#connectedAs = credentials.workerId;
    const url = connectUrl(credentials.apiBaseUrl, credentials.workerId);
    if (url === undefined) {
      const end = { code: CLOSE.abnormal, reason: 'the studio URL is not http(s)' };
      return this.#tasks.run(() => this.#onClosed(end));
    }
    this.#options.log.info('session.connecting', { url: shownUrl(url) });
    const headers = { authorization: `Bearer ${credentials.authToken}`, 'user-agent': USER_AGENT };
    this.#links.open(
      { url, headers, protocol: SUB_PROTOCOL },
      {
        onOpened: () => this.#enqueue({ type: 'opened' }),
        onText: (text) => this.#tasks.run(() => this.#onText(text)),
        onBinary: (sizeBytes) => this.#tasks.run(() => this.#log(onBinaryFrame(sizeBytes))),
        onClosed: (end) => this.#tasks.run(() => this.#onClosed(end)),
      },
    );
  }

  #onText(text: string): void {
    const reaction = onFrame(text, this.#state.at === 'live');
    this.#terms = reaction.terms ?? this.#terms;
    this.#log(reaction.log);
    this.#log(reaction.warning);
    this.#apply(reaction.event);
    if (reaction.send !== undefined) this.#links.current?.send(reaction.send);
    for (const receiver of this.#receivers) reaction.notify?.(receiver);
  }

  #log(entry: Reaction['log']): void {
    if (entry !== undefined) this.#options.log[entry.level](entry.event, entry.fields);
  }

  #onClosed(end: SocketEnd): void {
    if (this.#state.at === 'connecting') {
      this.#options.log.warn('session.connect-failed', { error: describeFully(end) });
    }
    const { status, retryAfterMs } = end.refused ?? {};
    this.#apply({
      type: 'lost',
      code: end.code,
      reason: status === 404 ? describeFully(end) : describeEnd(end),
      status,
      retryAfterMs,
    });
  }

  /** Logs a change of state and lets the rest of the worker know of it. */
  #onMoved(before: State, event: Event): void {
    const { log } = this.#options;
    const because = reasonOf(event);
    const state = this.#state;
    this.#because = because;
    if (before.at === 'connecting' && event.type === 'elapsed') log.warn('session.connect-failed', { error: because });
    if (state.at === 'backing-off' || state.at === 'idle') this.#links.release();
    if (state.at === 'backing-off') {
      const retryInMs = this.#timers.remainingMs('backoff');
      log.warn('session.lost', { reason: because, attempt: state.failures, retryInMs });
    }
    if (state.at === 'closed') this.#conclude(state);
    if (before.at === 'live') for (const receiver of this.#receivers) receiver.onLost?.();
  }

  #conclude(closed: Closed): void {
    if (this.#concluded) return;
    this.#concluded = true;
    const { log, clock } = this.#options;
    const because = this.#because;
    if (closed.because === 'refused') log.error('session.refused', { code: closed.code, reason: because });
    if (closed.because === 'gave-up') log.error('session.gave-up', { failures: closed.failures });
    // The last socket gets its close frame out, within a limit; those left earlier have had their time.
    const overdue = Promise.withResolvers<void>();
    const disarmLimit = clock.after(CLOSE_TIMEOUT_MS, overdue.resolve);
    void Promise.race([this.#links.drain(), overdue.promise]).then(() => {
      disarmLimit();
      this.#ended.resolve(endOf(closed, because));
    });
  }
}

/** Why the session moved, for the log and for `status`. */
function reasonOf(event: Event): string {
  if (event.type === 'lost') return event.reason;
  if (event.type === 'reported') return event.message;
  if (event.type !== 'elapsed') return event.type;
  return event.timer === 'connect'
    ? `the studio did not open the session within ${TIMING.connectMs / 1000} s`
    : `the studio was silent for ${TIMING.silenceMs / 1000} s`;
}
