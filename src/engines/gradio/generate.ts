import { WorkerError } from '../../base/errors.ts';
import { createStallTimer } from '../../base/stall-timer.ts';
import { formatDuration, MINUTE_MS } from '../../base/units.ts';
import type { CliDefaults } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import type { AskApp } from '../../system/net/web-app.ts';
import type { RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import { baseOf, type GradioApp, type AppAccess, openApp } from './app.ts';
import { type OnStatus, submit } from './binding.ts';
import { chooseEndpoint, type Endpoint } from './endpoint.ts';
import { noApp } from './no-app.ts';
import { imageOf, type ImageTools } from './result-image.ts';
import { valuesFor } from './values.ts';
import { rising } from '../progress.ts';

/** What the operator set; read anew for each job. */
export interface GradioSettings {
  /** Where the app is; undefined when there is none. */
  readonly endpointUrl: string | undefined;
  /** Which of its endpoints generates images; undefined where only one does. */
  readonly apiName: string | undefined;
  /** Whether the app may be on another machine. */
  readonly allowPrivate: boolean;
}

export interface GradioOptions {
  readonly settings: () => GradioSettings;
  readonly ask: AskApp;
  readonly images: ImageTools;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly random: Pick<Random, 'unit'>;
}

/** Queues move, and a step of a large image may take minutes on a CPU; a whole quarter of an hour is a hang. */
export const STALL_MS = 15 * MINUTE_MS;
/** The app may have been restarted as another one since the last job, so it is inspected each time. */
export async function findApp(
  { settings, ask, clock }: GradioOptions,
  signal: AbortSignal,
): Promise<{ readonly app: GradioApp; readonly endpoint: Endpoint; readonly access: AppAccess }> {
  const { endpointUrl, apiName, allowPrivate } = settings();
  if (endpointUrl === undefined || endpointUrl === '') {
    throw noApp();
  }
  const access: AppAccess = { ask, clock, signal };
  const app = await openApp(baseOf(endpointUrl, allowPrivate), access);
  return { app, endpoint: chooseEndpoint(app, apiName), access };
}

export interface GradioRun {
  readonly options: GradioOptions;
  readonly context: RunContext;
}

/** One image, by the app as it is now. */
export async function generate(
  task: TaskOf<'image'>,
  defaults: CliDefaults,
  { options, context }: GradioRun,
): Promise<TaskResult> {
  context.signal.throwIfAborted();
  assertFromText(task);
  const stall = createStallTimer({ clock: options.clock, limitMs: STALL_MS, reason: stallError });
  const signal = AbortSignal.any([context.signal, stall.signal]);
  try {
    const { app, endpoint, access } = await findApp(options, signal);
    const values = valuesFor(endpoint, { task, defaults, random: options.random });
    const report = createReport(context.progress);
    const onStatus: OnStatus = (bars) => {
      stall.moved();
      report(bars);
    };
    const outputs = await submit(app, { endpoint: endpoint.name, values }, { access, onStatus });
    return await imageOf(outputs, app, { access, images: options.images, ext: task.ext });
  } catch (thrown) {
    context.signal.throwIfAborted(); // the caller's own reason, not that of the signal it was joined with
    throw thrown;
  } finally {
    stall.stop();
  }
}

/** Apps differ too much in how they take input images; without them the result would be another one. */
function assertFromText({ initImageUrl, maskUrl, refImageUrl }: TaskOf<'image'>): void {
  if ([initImageUrl, maskUrl, refImageUrl].every((url) => url === undefined || url === '')) return;
  throw new WorkerError('task.unsupported', 'the gradio engine generates images from a prompt, not from other images', {
    hint: 'Create the job without initImageUrl, maskUrl and refImageUrl.',
  });
}

const PERCENT = 100;

/** An app may show one bar after the other, each from its beginning: only what is beyond the last is progress. */
function createReport(progress: RunContext['progress']): OnStatus {
  const report = rising(progress);
  return ([bar]) => {
    if (bar !== undefined) report(Math.min(PERCENT, Math.floor((PERCENT * bar.done) / bar.total)), PERCENT);
  };
}

const stallError = (limitMs: number): WorkerError =>
  new WorkerError('engine.stalled', `the Gradio app made no progress for ${formatDuration(limitMs)}; gave up`);
