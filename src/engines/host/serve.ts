import { WorkerError } from '../../base/errors.ts';
import type { Parent } from '../../system/process/parent.ts';
import type { TaskDelta } from '../result.ts';
import type { InnerEngines, InnerModel, Warn } from './inner.ts';
import { failed, type FromChild, readToChild, type ToChild } from './messages.ts';

/**
 * The child's life: does what the worker asks for, until it is asked to unload or the worker is gone.
 *
 * Rejects on an invalid message, which ends the process and shows up as a crash.
 */
export async function serveEngine(parent: Parent, engines: InnerEngines): Promise<void> {
  const over = Promise.withResolvers<void>();
  let model: InnerModel | undefined;
  let underway: AbortController | undefined;

  async function load(order: Extract<ToChild, { do: 'load' }>, signal: AbortSignal): Promise<FromChild> {
    const { engine, files, how } = order;
    const open = engines[engine];
    if (open === undefined) throw new WorkerError('engine.unavailable', `no engine ${engine} to run in a child`);
    const inner = await open(warn);
    model = await inner.load(files, { signal, progress, ...how });
    return { is: 'loaded', ranOn: model.ranOn };
  }

  async function run({ task, inputs }: Extract<ToChild, { do: 'run' }>, signal: AbortSignal): Promise<FromChild> {
    if (model === undefined) throw new WorkerError('internal', 'a run was asked for before a model was loaded');
    parent.send({ is: 'taken' });
    let isOver = false;
    const emit = (delta: TaskDelta): void => {
      if (!isOver && !signal.aborted) parent.send({ is: 'delta', delta });
    };
    try {
      return { is: 'done', result: await model.run(task, inputs, { signal, progress, emit }) };
    } finally {
      isOver = true; // a library that calls back late would put its text into the next reply
    }
  }

  const progress = (done: number, total: number): void => parent.send({ is: 'progress', done, total });
  const warn: Warn = (event, fields) => parent.send({ is: 'noted', event, fields: { ...fields } });

  async function reply(work: (signal: AbortSignal) => Promise<FromChild>): Promise<void> {
    const own = new AbortController();
    underway = own;
    const answer = await work(own.signal).catch(failed);
    if (underway === own) underway = undefined;
    parent.send(answer);
  }

  parent.onMessage((message) => {
    const read = readToChild(message);
    if (read.is === 'unreadable') {
      return over.reject(new WorkerError('internal', `the worker sent an invalid message: ${read.problem}`));
    }
    const order = read.value;
    switch (order.do) {
      case 'load':
        return void reply((signal) => load(order, signal));
      case 'run':
        return void reply((signal) => run(order, signal));
      case 'cancel':
        return underway?.abort(new WorkerError('job.cancelled', 'the worker cancelled'));
      case 'unload':
        return over.resolve();
      default:
        return order satisfies never;
    }
  });
  await Promise.race([over.promise, parent.gone]);
  await model?.[Symbol.asyncDispose]();
}
