import { formatBytes, formatDuration } from '../../base/units.ts';
import type { PooledModel } from '../../models/loaded/entry.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { ControlResult } from '../../worker/control/client.ts';
import type { UpdateStatus } from '../../contract/worker/update-status.ts';
import type { WorkerStatus } from '../../worker/status.ts';
import { command, JSON_ARG } from '../command.ts';
import { DEFAULTS_SHOWN } from './config/index.ts';
import { factLine, printJson, printLines } from '../output.ts';
import { onOneLine } from '../view/text-width.ts';
import { failureFacts } from '../view/worker-reply.ts';
import type { ConfigValues } from '../../config/values/command-values.ts';
import type { OpenedConfig } from '../world/config.ts';

/*
 * The first thing an operator runs when no jobs come. Each function is one of its lines, in the order in which they are
 * printed; the first ones are documented, and scripts read them.
 */

/** Prints the main settings, and below them the state of the running worker. */
export const status = command({
  summary: 'Show what keeps jobs away, the main settings and the running worker',
  examples: ['studio-worker status', 'studio-worker status --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: '{configPath, configExists, registration: {state, workerId?, requestId?}, config: {…}, worker: {…} | null, workerError?: {code, message}}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const config = await world.openConfig(args.config, { readOnly: true });
    const worker = await world.control(config.path).ask('status', {});
    if (args.json) printJson(world.terminal, statusFacts(config, worker));
    else {
      printLines(
        world.terminal,
        ...obstacleLines(config, worker),
        ...configLines(config.path, config.values),
        ...(config.exists ? [] : [factLine('config file', `none yet: ${DEFAULTS_SHOWN}`)]),
        ...workerLines(worker, world.clock.now()),
      );
    }
  },
});

/** What keeps jobs away stands before everything else. */
function obstacleLines({ values }: OpenedConfig, asked: ControlResult<WorkerStatus>): readonly string[] {
  const found =
    asked.is === 'answered'
      ? (asked.answer.obstacles ?? []).map(({ because }) => because)
      : [
          ...(asked.is === 'not-running' ? ['no worker is running: run `studio-worker run`'] : []),
          ...(values.autoEnabled ? [] : ['claiming is off: run `studio-worker enable`']),
        ];
  return found.map((because) => factLine('takes no jobs', onOneLine(because)));
}

/** These seven lines are documented, in this order; scripts read them. */
const configLines = (path: string, values: ConfigValues): readonly string[] => [
  factLine('config path', path),
  factLine('api_base_url', values.apiBaseUrl),
  factLine('registration', registrationText(values)),
  factLine('vram_threshold_gb', String(values.vramThresholdGb)),
  factLine('models_root', values.modelsRoot),
  factLine('auto_update', String(values.autoUpdateEnabled)),
  factLine('update_interval', `${values.autoUpdateIntervalSeconds}s`),
];

/** The documented text for each state that the file shows. */
function registrationText({ workerId, registrationRequestId }: ConfigValues): string {
  if (workerId !== undefined) return `approved as ${workerId}`;
  if (registrationRequestId !== undefined) return `pending operator approval (request ${registrationRequestId})`;
  return 'not registered (will auto-register on next launch)';
}

function workerLines(asked: ControlResult<WorkerStatus>, now: number): readonly string[] {
  switch (asked.is) {
    case 'answered':
      return runningLines(asked.answer, now);
    case 'not-running':
      return [factLine('worker', 'not running')];
    case 'failed':
      return [factLine('worker', onOneLine([asked.error.message, asked.error.hint ?? ''].join('. ')))];
    default:
      return asked satisfies never;
  }
}

function runningLines(worker: WorkerStatus, now: number): readonly string[] {
  return [
    factLine(
      'worker',
      `running (pid ${worker.pid}, ${worker.version}, for ${formatDuration(now - worker.startedAt)})` +
        (worker.stopping ? ', stopping' : ''),
    ),
    factLine('claiming', claimingText(worker)),
    ...(worker.presence === undefined ? [] : [factLine('presence', onOneLine(worker.presence.because))]),
    ...worker.conditions.filter(({ isMet }) => isMet).map(({ what, because }) => factLine(what, onOneLine(because))),
    factLine('session', sessionText(worker)),
    factLine('vram', `${worker.vramTotalGb} GiB, jobs up to ${worker.vramThresholdGb} GiB`),
    ...gpuLines(worker.gpus),
    factLine('model_engines', enginesText(worker)),
    ...(worker.runningJobs.length === 0
      ? [factLine('current job', 'none')]
      : worker.runningJobs.map((job) => factLine('current job', jobText(job, now)))),
    ...(worker.models.length === 0
      ? [factLine('models in memory', 'none')]
      : worker.models.map((model) => modelLine(model, now))),
    factLine('recent jobs', recentText(worker.recentJobs)),
    ...(worker.update === undefined ? [] : [factLine('update', updateText(worker.update, now))]),
    factLine('outbox', `${worker.outbox.count} waiting (${formatBytes(worker.outbox.sizeBytes)})`),
  ];
}

function claimingText({ enabled, paused }: WorkerStatus): string {
  if (!enabled) return 'off (run `studio-worker enable` to take jobs)';
  return paused ? 'paused (run `studio-worker resume` to take jobs)' : 'on';
}

/** One that is the only one is in the total already. */
function gpuLines(gpus: WorkerStatus['gpus'] = []): readonly string[] {
  if (gpus.length < 2 && gpus[0]?.deniedBy === undefined) return [];
  return gpus.map(({ label, totalGb, freeGb, deniedBy }) => {
    const free =
      freeGb === undefined ? `${totalGb.toFixed(1)} GiB` : `${freeGb.toFixed(1)} of ${totalGb.toFixed(1)} GiB free`;
    return factLine('gpu', onOneLine(`${label}: ${deniedBy === undefined ? free : `not used, by ${deniedBy}`}`));
  });
}

/** As they are advertised: a studio of the contract offers nothing to a worker without any. */
function enginesText({ modelEngines, extensionEngines }: WorkerStatus): string {
  if (modelEngines.length + extensionEngines.length === 0) return 'none is ready (run `studio-worker engines`)';
  return [...modelEngines, ...extensionEngines].join(', ');
}

const jobText = ({ jobId, kind, gpu, phase, startedAt }: JobRecord, now: number): string =>
  [
    `${onOneLine(jobId)} ${kind} for ${formatDuration(now - startedAt)}`,
    ...(phase === undefined ? [] : [phase]),
    ...(gpu === undefined ? [] : [`on ${onOneLine(gpu)}`]),
  ].join(', ');

/** How they ended; what did not go well is named only where there is any. */
function recentText(jobs: readonly JobRecord[]): string {
  const count = (status: JobRecord['status']): number => jobs.filter((job) => job.status === status).length;
  const undelivered = count('undelivered');
  const discarded = count('discarded');
  return [
    `${jobs.length}, of which ${count('failed')} failed`,
    ...(undelivered === 0 ? [] : [`${undelivered} made, not delivered yet`]),
    ...(discarded === 0 ? [] : [`${discarded} made, then discarded`]),
  ].join(', ');
}

/** What is in memory, and for how long still. */
function modelLine(about: PooledModel, now: number): string {
  const { model, engine, gpu, state, pid, since, lastUsedAt, gb, unloadsAt } = about;
  const facts = [
    `${state} for ${formatDuration(Math.max(0, now - since))}`,
    ...(gpu === undefined ? [] : [`on ${onOneLine(gpu)}`]),
    ...(pid === undefined ? [] : [`pid ${pid}`]),
    `${gb.toFixed(1)} GiB`,
    `used ${formatDuration(Math.max(0, now - lastUsedAt))} ago`,
    ...(unloadsAt === undefined ? [] : [`unloads in ${formatDuration(Math.max(0, unloadsAt - now))}`]),
  ];
  return factLine('model in memory', `${onOneLine(model)} (${engine}): ${facts.join(', ')}`);
}

/** Reasons come from the studio, so they are kept to one line. Without an approval there is nothing to connect with. */
function sessionText({ registration, session }: WorkerStatus): string {
  if (registration.at === 'pending') return 'waiting for approval by the operator of the studio';
  if (registration.at === 'rejected') {
    return `rejected by the studio: ${onOneLine(registration.reason)}; run \`studio-worker register --reset\` to register again`;
  }
  switch (session.at) {
    case 'backing-off':
      return `reconnecting in ${formatDuration(session.retryInMs)} after ${session.failures} failed attempts`;
    case 'refused':
    case 'gave-up':
      return `${session.at}: ${onOneLine(session.because)}`;
    case 'idle':
    case 'connecting':
    case 'greeting':
    case 'live':
    case 'stopped':
      return session.at;
    default:
      return session satisfies never;
  }
}

/** Where the updater stands; why, where it is not just waiting for the next check. */
function updateText({ at, version, because, pinned, lastCheckAt }: UpdateStatus, now: number): string {
  return [
    UPDATE_TEXTS[at],
    ...(version === undefined ? [] : [version]),
    ...(because === undefined ? [] : [onOneLine(because)]),
    ...(pinned === undefined ? [] : [`pinned to ${pinned}`]),
    ...(lastCheckAt === undefined ? [] : [`checked ${formatDuration(Math.max(0, now - lastCheckAt))} ago`]),
  ].join(', ');
}

const UPDATE_TEXTS: Readonly<Record<UpdateStatus['at'], string>> = {
  off: 'off',
  idle: 'on',
  checking: 'checking',
  downloading: 'downloading',
  draining: 'waiting for the running job',
  trial: 'trying a new version',
  swapping: 'replacing the executable',
  swapped: 'restarting',
  'rolled-back': 'rolled back',
  shelved: 'not tried again',
};

const statusFacts = ({ path, exists, values }: OpenedConfig, asked: ControlResult<WorkerStatus>): unknown => ({
  configPath: path,
  configExists: exists,
  registration: {
    state:
      values.workerId === undefined ? (values.registrationRequestId === undefined ? 'none' : 'pending') : 'approved',
    workerId: values.workerId,
    requestId: values.workerId === undefined ? values.registrationRequestId : undefined,
  },
  config: {
    apiBaseUrl: values.apiBaseUrl,
    vramThresholdGb: values.vramThresholdGb,
    autoStart: values.autoStart,
    autoEnabled: values.autoEnabled,
    modelsRoot: values.modelsRoot,
    autoUpdateEnabled: values.autoUpdateEnabled,
    autoUpdateIntervalSeconds: values.autoUpdateIntervalSeconds,
  },
  worker: asked.is === 'answered' ? asked.answer : null,
  ...failureFacts(asked),
});
