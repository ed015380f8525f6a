import { errorChain, toWorkerError, WorkerError } from '../../base/errors.ts';
import { HOUR_MS } from '../../base/units.ts';
import type { Lease } from '../../jobs/slots/lease.ts';
import type { TrustedRelease } from '../feed/trusted.ts';
import { nextCheckInMs } from './check-interval.ts';
import { type Effect, type Event, isAtRest, type Policy, type State, step } from './machine.ts';
import type { StagedRelease } from './stage.ts';
import { MAX_FAULTS, withFault, withoutFaults } from './state.ts';
import { Takeover } from './takeover.ts';
import type { UpdateStatus } from '../../contract/worker/update-status.ts';
import { pendingAnswer, statusOf, type UpdateHost, type Updater, type UpdaterDeps } from './updater.ts';
import type { UpdateAnswer, UpdateRequest } from './updater.ts';

/*
 * The driver of the updater: performs the machine's effects and feeds back what came of them. It outlives the worker: it
 * is connected to each one in turn, and between two of them another version may take over. Every effect is here, so it is long.
 */

const POLICY: Policy = { maxDrainMs: HOUR_MS / 2, maxFaults: MAX_FAULTS };

/** An updater that no worker is connected to yet. */
export const createUpdater = (deps: UpdaterDeps): Updater => new UpdateDriver(deps);

class UpdateDriver implements Updater {
  readonly #deps: UpdaterDeps;
  #state: State = { at: 'idle' };
  #host: UpdateHost | undefined;
  #unable: string | undefined;
  #request: UpdateRequest | undefined;
  #lastFailure: string | undefined;
  #answer = pendingAnswer();
  /** Settles when no step is in progress, or the worker has to make way for a new version. */
  #settled = Promise.withResolvers<void>();
  #work = new AbortController();
  #release: TrustedRelease | undefined;
  /** Undefined on the way back to the previous version, which is on this disk already. */
  #staged: StagedRelease | undefined;
  readonly #takeover: Takeover;
  #freeMachine = (): void => {};
  #disarm = (): void => {};

  constructor(deps: UpdaterDeps) {
    this.#deps = deps;
    this.#takeover = new Takeover(deps, (event) => this.#dispatch(event));
  }

  get takesOver(): boolean {
    return this.#takeover.isHandedOver;
  }

  connect(host: UpdateHost): () => void {
    this.#host = host;
    const unfollow = host.onEnabled(() => this.#arm());
    void this.#begin();
    return () => {
      unfollow();
      if (!this.takesOver) this.stop();
      this.#host = undefined;
    };
  }

  status(): UpdateStatus {
    const off = this.#unable ?? (this.#host?.enabled() === false ? 'auto_update_enabled is false' : undefined);
    return statusOf(this.#state, { off, lastFailure: this.#lastFailure, known: this.#deps.knowledge.current });
  }

  async request(request: UpdateRequest): Promise<UpdateAnswer> {
    const unable = await this.#deps.unable();
    if (unable !== undefined) throw new WorkerError('update.unsupported', unable);
    if (!isAtRest(this.#state)) {
      throw new WorkerError('update.failed', `an update is under way already: ${this.#state.at}`, {
        hint: 'Run `studio-worker status` to see how far it is.',
      });
    }
    const { force = false, version } = request;
    if (force && version !== undefined) await this.#deps.knowledge.change((known) => withoutFaults(known, version));
    this.#request = request;
    this.#answer = pendingAnswer();
    this.#dispatch({ type: 'due' });
    return await this.#answer.promise;
  }

  async takeOver(): Promise<void> {
    await this.#takeover.run(this.#work.signal);
  }

  async lastChance(): Promise<void> {
    const { knowledge, clock } = this.#deps;
    const { lastCheckAt = Number.NEGATIVE_INFINITY } = knowledge.current;
    if (this.#unable !== undefined || this.#host?.enabled() !== true) return;
    if (isAtRest(this.#state)) {
      if (clock.now() - lastCheckAt < this.#host.intervalMs()) return;
      this.#dispatch({ type: 'due' });
    }
    await this.#settled.promise;
  }

  stop(): void {
    this.#dispatch({ type: 'stop' });
  }

  async #begin(): Promise<void> {
    const { knowledge, unable, cleanUp, running, log } = this.#deps;
    await knowledge.refresh();
    const { rolledBack } = knowledge.current;
    if (rolledBack !== undefined && rolledBack.version !== running) log.warn('update.rolled-back', rolledBack);
    this.#unable = await unable();
    if (this.#unable === undefined) await cleanUp();
    if (this.#unable !== undefined) this.#deps.log.info('update.off', { because: this.#unable });
    this.#arm();
    this.#report();
  }

  #dispatch(event: Event): void {
    const { state, effects } = step(this.#state, event, POLICY);
    if (isAtRest(this.#state)) this.#settled = Promise.withResolvers();
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (isAtRest(this.#state)) this.#settled.resolve();
    this.#report();
  }

  #report(): void {
    this.#host?.onStatus(this.status());
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'check':
        this.#work = new AbortController();
        this.#lastFailure = undefined;
        return void this.#attempt(() => this.#check());
      case 'stage':
        return void this.#attempt(() => this.#stage());
      case 'wait-for-lease':
        return this.#waitForMachine(effect.version, effect.ms);
      case 'try':
        return void this.#attempt(() => this.#beginTakeover(effect.version));
      case 'swap':
        return void this.#attempt(() => this.#swap());
      case 'restart':
        this.#deps.log.info('update.replaced');
        return void this.#takeover.restart();
      case 'shelve':
        return void this.#shelve(effect.version, effect.because);
      case 'resume':
        return this.#resume();
      case 'arm-check':
        return this.#arm();
      case 'disarm-check':
        return this.#disarm();
      case 'cancel':
        this.#work.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
        this.#answer.reject(this.#work.signal.reason);
        return this.#resume();
      default:
        return effect satisfies never;
    }
  }

  /** The operator's request counts for one check; what comes after it is the updater's own again. */
  #arm(): void {
    if (!isAtRest(this.#state)) return;
    this.#disarm();
    this.#request = undefined;
    if (this.#unable !== undefined || this.#host?.enabled() !== true) return;
    const { clock, random, knowledge } = this.#deps;
    const ms = nextCheckInMs({
      intervalMs: this.#host.intervalMs(),
      now: clock.now(),
      lastCheckAt: knowledge.current.lastCheckAt,
      unit: random.unit(),
    });
    this.#disarm = clock.after(ms, () => this.#dispatch({ type: 'due' }));
  }

  async #check(): Promise<void> {
    const { running, log, previousVersion, knowledge } = this.#deps;
    const { version, force = false, rollback = false } = this.#request ?? {};
    if (rollback) return this.#found(running, await previousVersion());
    const wish = this.#request === undefined ? 'by-itself' : force ? 'forced' : 'asked';
    const choice = { wish, ...(version === undefined ? {} : { version }) } as const;
    this.#release = await this.#host?.find(choice, this.#work.signal);
    await knowledge.refresh();
    const found = this.#release?.version.text;
    if (found !== undefined && found !== running) return this.#found(running, found);
    log.info('update.not-needed', { version: running });
    this.#answer.resolve({ is: 'current', version: running });
    this.#dispatch({ type: 'nothing' });
  }

  #found(from: string, to: string): void {
    this.#deps.log.info('update.found', { from, to });
    this.#answer.resolve({ is: 'updating', version: to });
    this.#dispatch({ type: 'found', version: to });
  }

  async #stage(): Promise<void> {
    this.#staged = undefined;
    if (this.#request?.rollback !== true && this.#release !== undefined) {
      this.#staged = await this.#host?.stage(this.#release, this.#work.signal);
    }
    if (!this.#work.signal.aborted) this.#dispatch({ type: 'staged' });
  }

  #waitForMachine(version: string, maxWaitMs: number): void {
    const { log, running } = this.#deps;
    const versions = { from: running, to: version };
    let answered = false;
    const takeBack = this.#host?.waitForMachine(`update ${version}`, {
      maxWaitMs,
      onAnswer: (answer) => {
        answered = true;
        if (answer.is === 'leased') void this.#attempt(() => this.#secure(answer));
        else {
          log.warn('update.gave-up', versions);
          this.#dispatch({ type: 'limit' });
        }
      },
    });
    if (answered) return;
    this.#freeMachine = takeBack ?? this.#freeMachine;
    log.info('update.waiting', versions);
  }

  /** The session is about to end, and with it whatever the studio has not acknowledged and the disk does not hold. */
  async #secure(lease: Lease): Promise<void> {
    this.#freeMachine = () => lease[Symbol.dispose]();
    const { signal } = this.#work;
    const isSafe = (await this.#host?.resultsSafe(signal)) ?? false;
    if (signal.aborted) return;
    if (isSafe) this.#dispatch({ type: 'leased' });
    else this.#dispatch({ type: 'failed', because: 'a result is not acknowledged by the studio', faults: 0 });
  }

  async #beginTakeover(version: string): Promise<void> {
    if (this.#staged !== undefined) this.#deps.log.info('update.tried', { version });
    if (this.#host === undefined) return;
    await this.#takeover.begin(this.#staged?.program, this.#host, this.#work.signal);
    if (!this.#takeover.isHandedOver) return;
    this.#freeMachine(); // nothing is offered any more, and the worker waits for its slots
    this.#settled.resolve();
  }

  async #swap(): Promise<void> {
    const { install, putBack, running, clock } = this.#deps;
    if (this.#staged !== undefined) await install(this.#staged);
    else {
      const fault = { version: running, at: clock.now(), because: 'the operator went back to the version before it' };
      await this.#deps.knowledge.change((known) => withFault(known, fault, MAX_FAULTS));
      await putBack();
    }
    this.#dispatch({ type: 'swapped' });
  }

  async #shelve(version: string, because: string): Promise<void> {
    const { log, clock } = this.#deps;
    log.error('update.shelved', { version, because });
    const output = this.#takeover.output();
    const fault = { version, at: clock.now(), because, ...(output === undefined ? {} : { output }) };
    await this.#deps.knowledge.change((known) => withFault(known, fault, MAX_FAULTS));
  }

  #resume(): void {
    this.#freeMachine();
    this.#freeMachine = () => {};
    void this.#takeover.resume();
  }

  /** A failure ends the step in progress; one that was already cancelled is ignored. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#work;
    try {
      await work();
    } catch (thrown) {
      if (!signal.aborted) await this.#fail(toWorkerError(thrown));
    }
  }

  async #fail(error: WorkerError): Promise<void> {
    const { log, clock } = this.#deps;
    const state = this.#state;
    const because = (this.#lastFailure = errorChain(error));
    if (state.at === 'checking') log.warn('update.check-failed', { error: because });
    else if (error.code === 'update.blocked') log.error('update.blocked', { ...error.fields, error: because });
    else log.error('update.failed', { error: because });
    this.#answer.reject(error);
    const isFault = error.code === 'update.untrusted' || error.code === 'update.failed';
    if (!isFault || !('version' in state)) return this.#dispatch({ type: 'failed', because, faults: 0 });
    const { version } = state;
    await this.#deps.knowledge.change((known) => withFault(known, { version, at: clock.now(), because }));
    const faults = this.#deps.knowledge.current.faults.find((fault) => fault.version === version)?.count ?? MAX_FAULTS;
    this.#dispatch({ type: 'failed', because, faults });
  }
}
