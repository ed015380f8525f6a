import { WorkerError } from '../../base/errors.ts';
import type { Parent } from '../../system/process/parent.ts';
import type { TaskDelta } from '../result.ts';
import type { InnerEngines, InnerModel } from './inner.ts';
import { failed, type FromChild, readToChild, type ToChild } from './messages.ts';

/**
 * The child's life: does what the worker asks for, until it is asked to unload or the worker is gone.
 *
 * Rejects on an invalid message, which ends the process and shows up as a crash.
 */
export async function serveEngine(parent: Parent, engines: InnerEngines): Promise<void> {
  const child = new ServingChild(parent, engines);
  await Promise.race([child.over, parent.gone]);
  await child.free();
}

/** The child's end of the conversation, and the model it holds. */
class ServingChild {
  readonly #parent: Parent;
  readonly #engines: InnerEngines;
  readonly #over = Promise.withResolvers<void>();
  #model: InnerModel | undefined;
  #underway: AbortController | undefined;

  constructor(parent: Parent, engines: InnerEngines) {
    this.#parent = parent;
    this.#engines = engines;
    parent.onMessage((message) => this.#onMessage(message));
  }

  /** Settles when it was asked to unload. Rejects on an invalid message. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Frees the model, if there is one. */
  async free(): Promise<void> {
    await this.#model?.[Symbol.asyncDispose]();
  }

  #onMessage(message: unknown): void {
    const read = readToChild(message);
    if (read.is === 'read') return this.#follow(read.value);
    this.#over.reject(new WorkerError('internal', `the worker sent an invalid message: ${read.problem}`));
  }

  #follow(order: ToChild): void {
    switch (order.do) {
      case 'load':
        return void this.#reply((signal) => this.#load(order, signal));
      case 'run':
        return void this.#reply((signal) => this.#run(order, signal));
      case 'cancel':
        return this.#underway?.abort(new WorkerError('job.cancelled', 'the worker cancelled'));
      case 'unload':
        return this.#over.resolve();
      default:
        return order satisfies never;
    }
  }

  async #reply(work: (signal: AbortSignal) => Promise<FromChild>): Promise<void> {
    const own = new AbortController();
    this.#underway = own;
    const answer = await work(own.signal).catch(failed);
    if (this.#underway === own) this.#underway = undefined;
    this.#parent.send(answer);
  }

  async #load({ engine, files, how }: Order<'load'>, signal: AbortSignal): Promise<FromChild> {
    const open = this.#engines[engine];
    if (open === undefined) throw new WorkerError('engine.unavailable', `no engine ${engine} to run in a child`);
    const inner = await open((event, fields) => this.#parent.send({ is: 'noted', event, fields: { ...fields } }));
    this.#model = await inner.load(files, { signal, progress: this.#progress, ...how });
    return { is: 'loaded', ranOn: this.#model.ranOn };
  }

  async #run({ task, inputs }: Order<'run'>, signal: AbortSignal): Promise<FromChild> {
    const model = this.#model;
    if (model === undefined) throw new WorkerError('internal', 'a run was asked for before a model was loaded');
    this.#parent.send({ is: 'taken' });
    let isOver = false;
    const emit = (delta: TaskDelta): void => {
      if (!isOver && !signal.aborted) this.#parent.send({ is: 'delta', delta });
    };
    try {
      return { is: 'done', result: await model.run(task, inputs, { signal, progress: this.#progress, emit }) };
    } finally {
      isOver = true; // a library that calls back late would put its text into the next reply
    }
  }

  readonly #progress = (done: number, total: number): void => this.#parent.send({ is: 'progress', done, total });
}

type Order<Do extends ToChild['do']> = Extract<ToChild, { readonly do: Do }>;
