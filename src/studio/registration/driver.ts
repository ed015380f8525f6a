import { unlessAborted } from '../../base/abort.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { formatDuration, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import { toWorkerId } from '../../base/ids.ts';
import { hashSecret, mintInstallId, mintSecret } from './identity.ts';
import {
  type Approval,
  type Effect,
  type Event,
  type Failed,
  INITIAL,
  type RegistrationNotice,
  type Policy,
  type RequestResult,
  type State,
  step,
} from './machine.ts';
import { createRecordKeeper, type RecordKeeper, type RegistrationRecord } from './record.ts';
import type { Registration, RegistrationOptions, RegistrationStatus } from './registration.ts';

const POLICY: Policy = {
  pollMs: 30 * SECOND_MS,
  minWaitMs: SECOND_MS,
  maxWaitMs: 10 * MINUTE_MS,
  denialsToStartOver: 5,
};
/** Share of a wait that jitter may add or take, so that workers that were started together do not ask together. */
const JITTER = 0.2;
/** The longest one call may take in all, however steadily the peer trickles (studio contract, timing constants: 60 s). */
const CALL_LIMIT_MS = 60 * SECOND_MS;
const NO_REQUEST = { registrationRequestId: undefined, registrationSecret: undefined };
const NO_IDENTITY = { installId: undefined, workerId: undefined, authToken: undefined };
const REMEDY = 'Run `studio-worker register --reset`, then approve the worker in the studio.';

/** A registration that has not started. */
export const createRegistration = (options: RegistrationOptions): Registration => new RegistrationDriver(options);

/**
 * Performs the machine's effects and feeds back their results. In one piece, because calls, timer and saves share one
 * round that a reset or stop ends as a whole.
 */
class RegistrationDriver implements Registration {
  readonly #options: RegistrationOptions;
  readonly #policy: Policy;
  readonly #record: RecordKeeper;
  readonly #approval = Promise.withResolvers<Approval>();
  readonly #listeners = new Set<(status: RegistrationStatus) => void>();
  #state: State = INITIAL;
  #started = false;
  /** The install id we go by; its disappearance from the config is a reset. */
  #installId: string | undefined;
  /** Everything under way belongs to one round; a reset or stop aborts it, and what it still answers is ignored. */
  #round = new AbortController();
  #disarm = (): void => {};
  /** The status that the listeners got last. */
  #lastStatus = '{"at":"pristine"}';

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#policy = { ...POLICY, ...options.policy };
    this.#record = createRecordKeeper(options.store, options.log);
  }

  get approved(): Promise<Approval> {
    return this.#approval.promise;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    const record = this.#record.read();
    this.#installId = record.installId;
    const { registrationRequestId: requestId, registrationSecret } = record;
    const known = approvalIn(record) ?? (requestId && registrationSecret ? { requestId } : undefined);
    this.#dispatch({ type: 'started', known, now: this.#options.clock.now() });
  }

  status(): RegistrationStatus {
    const state = this.#state;
    if (state.at === 'pending') return { at: 'pending', requestId: state.requestId, since: state.since };
    if (state.at === 'approved') return { at: 'approved', workerId: state.workerId };
    return state;
  }

  approval(): Approval | undefined {
    const state = this.#state;
    if (state.at !== 'approved' || !state.published) return undefined;
    return { workerId: state.workerId, authToken: state.authToken };
  }

  onChange(call: (status: RegistrationStatus) => void): () => void {
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  reset(): void {
    this.#started = true;
    this.#installId = undefined;
    this.#newRound();
    this.#dispatch({ type: 'reset' });
  }

  revoke({ workerId, reason }: { readonly workerId: string; readonly reason: string }): void {
    if (this.approval()?.workerId !== workerId) return;
    this.#options.log.warn('registration.revoked', { reason });
    this.reset();
  }

  reload(): void {
    if (!this.#started || this.#state.at === 'stopped') return;
    const record = this.#record.read();
    if (this.#installId && !record.installId) return this.reset();
    const found = approvalIn(record);
    const ours = this.#state.at === 'approved' ? this.#state : undefined;
    if (found === undefined || (found.workerId === ours?.workerId && found.authToken === ours.authToken)) return;
    this.#newRound();
    this.#dispatch({ type: 'bootstrapped', ...found });
  }

  async bootstrap(token: string): Promise<Approval> {
    const { client, capabilities } = this.#options;
    const { workerId } = this.#record.read();
    const facts = { token, capabilities: await capabilities(), ...(workerId ? { workerId } : {}) };
    const answer = await this.#bounded((signal) => client.bootstrap(facts, signal));
    if (answer.is === 'unauthorized') {
      const hint = 'Ask the operator of the studio for a new token: each is good for one worker.';
      throw new WorkerError('studio.refused', answer.message, { hint });
    }
    if (answer.is === 'failed') throw new WorkerError('registration.failed', answer.message);
    this.#newRound();
    this.#dispatch({ type: 'bootstrapped', workerId: answer.workerId, authToken: answer.authToken });
    if (!(await this.#record.settled())) {
      throw new WorkerError(
        'config.not-saved',
        `worker ${answer.workerId} is registered, but that could not be saved`,
        { hint: 'Make the config file writable, and register with a new token: this one is spent.' },
      );
    }
    return { workerId: answer.workerId, authToken: answer.authToken };
  }

  async stop(): Promise<void> {
    this.#newRound();
    this.#dispatch({ type: 'stop' });
    await this.#record.settled();
  }

  #dispatch(event: Event): void {
    const { state, effects } = step(this.#state, event, this.#policy);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (state.at === 'approved') {
      if (!state.published) return; // nobody gets credentials that were not offered to the disk first
      this.#approval.resolve({ workerId: state.workerId, authToken: state.authToken });
    }
    this.#notify();
  }

  #perform(effect: Effect): void {
    const { clock, client } = this.#options;
    switch (effect.do) {
      case 'create':
        return void this.#ask(
          (signal) => this.#request(signal),
          (answer) => ({ type: 'requested', answer, now: clock.now() }),
        );
      case 'poll': {
        const { requestId, longPoll } = effect;
        const about = { requestId, longPoll, secret: this.#record.read().registrationSecret ?? '' };
        return void this.#ask(
          (signal) => client.poll(about, signal),
          (answer) => ({ type: 'polled', answer }),
        );
      }
      case 'save-request':
        return void this.#record.save({ registrationRequestId: effect.requestId });
      case 'save-credentials':
        return void this.#saveCredentials(effect);
      case 'forget':
        return void this.#record.save({ ...NO_REQUEST, ...(effect.all && NO_IDENTITY) });
      case 'wait':
        return this.#wait(effect);
      case 'log':
        return this.#log(effect.what);
      default:
        return effect satisfies never;
    }
  }

  /** Makes one call and feeds its answer back, unless a reset or stop has made that meaningless. */
  async #ask<Answer>(call: (signal: AbortSignal) => Promise<Answer>, toEvent: (answer: Answer | Failed) => Event) {
    const round = this.#round.signal;
    const answer = await this.#bounded(call).catch((thrown: unknown): Failed => ({
      is: 'failed',
      message: errorChain(thrown),
    }));
    if (!round.aborted) this.#dispatch(toEvent(answer));
  }

  /** Runs a call within the round and the time limit, even one that ignores its signal. */
  async #bounded<Answer>(call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const limit = new AbortController();
    const message = `no whole answer within ${formatDuration(CALL_LIMIT_MS)}`;
    const end = (): void => limit.abort(new WorkerError('studio.unreachable', message));
    const disarm = this.#options.clock.after(CALL_LIMIT_MS, end);
    const signal = AbortSignal.any([this.#round.signal, limit.signal]);
    try {
      return await unlessAborted(call(signal), signal);
    } finally {
      disarm();
    }
  }

  async #request(signal: AbortSignal): Promise<RequestResult> {
    const { client, random, sha256 } = this.#options;
    const { installId = '', registrationSecret = '' } = this.#record.read();
    const identity = {
      installId: installId === '' ? mintInstallId(random) : installId,
      registrationSecret: registrationSecret === '' ? mintSecret(random) : registrationSecret,
    };
    this.#installId = identity.installId;
    // The secret goes to the disk before its hash goes to the studio: a request whose secret is lost cannot be polled.
    if (installId === '' || registrationSecret === '') await this.#record.save(identity);
    // A pause is for offers: the studio is asked to approve a worker that claims (studio contract).
    // Whether somebody sits here now says nothing about an approval, and is not part of it (the same).
    const { userPresence: _now, ...lasting } = await this.#options.capabilities();
    const capabilities = { ...lasting, autoEnabled: true };
    const registrationSecretHash = hashSecret(identity.registrationSecret, sha256);
    return client.request({ installId: identity.installId, registrationSecretHash, capabilities }, signal);
  }

  async #saveCredentials({ workerId, authToken }: Approval): Promise<void> {
    const round = this.#round.signal;
    const ok = await this.#record.save({ workerId, authToken, ...NO_REQUEST });
    if (!round.aborted) this.#dispatch({ type: 'saved', ok });
  }

  #wait({ ms, atLeast, after }: Extract<Effect, { do: 'wait' }>): void {
    const { clock, random, log } = this.#options;
    const jitter = atLeast ? random.unit() : 2 * random.unit() - 1;
    const waitMs = Math.round(ms * (1 + JITTER * jitter));
    if (after !== undefined) {
      const status = after.status === undefined ? {} : { status: after.status };
      log.warn('registration.failed', { error: after.message, ...status, retryInMs: waitMs });
    }
    this.#disarm();
    this.#disarm = clock.after(waitMs, () => this.#dispatch({ type: 'elapsed' }));
  }

  #log(notice: RegistrationNotice): void {
    const { log } = this.#options;
    switch (notice.is) {
      case 'awaited':
        return log.info('approval.awaited');
      case 'requested':
        return log.info('registration.requested', { requestId: notice.requestId });
      case 'pending':
        return log.info('registration.pending', { requestId: notice.requestId });
      case 'approved':
        return log.info('registration.approved', { workerId: notice.workerId });
      case 'rejected':
        return log.error('registration.rejected', { reason: notice.reason, remedy: REMEDY });
      case 'restarted':
        return log.warn('registration.restarted', { because: notice.because });
      default:
        return notice satisfies never;
    }
  }

  #newRound(): void {
    this.#disarm();
    this.#round.abort(new WorkerError('registration.failed', 'registration was stopped or restarted'));
    this.#round = new AbortController();
  }

  #notify(): void {
    const status = this.status();
    const text = JSON.stringify(status);
    if (text === this.#lastStatus) return;
    this.#lastStatus = text;
    for (const call of this.#listeners) call(status);
  }
}

function approvalIn({ workerId, authToken }: RegistrationRecord): Approval | undefined {
  return workerId && authToken ? { workerId: toWorkerId(workerId), authToken } : undefined;
}
