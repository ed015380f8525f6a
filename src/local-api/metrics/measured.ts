import { gpuLabel } from '../../base/gpu-device.ts';
import { GIB } from '../../base/units.ts';
import { gauge, type Measure, total } from '../../metrics/measure.ts';
import type { ProcessUsage } from '../../system/process/process-memory.ts';
import type { StatusFacts } from '../view/status-view.ts';

/** What of this moment is measured. */
export interface MeasureFacts {
  readonly facts: StatusFacts;
  readonly usage: ProcessUsage;
  readonly pullsRunning: number;
}

/** Everything that is read from the worker rather than counted as it happens. */
export const measure = ({ facts, usage, pullsRunning }: MeasureFacts): readonly Measure[] => [
  ...ofProcess(facts, usage),
  ...ofStudio(facts),
  ...ofOffers(facts),
  ...ofJobs(facts, pullsRunning),
  ...ofMemory(facts),
];

const flag = (isSo: boolean): number => (isSo ? 1 : 0);

const ofProcess = ({ status }: StatusFacts, usage: ProcessUsage): readonly Measure[] => [
  {
    name: 'info',
    help: 'The release that runs.',
    values: [{ labels: { version: status.version }, value: 1 }],
  },
  gauge('start_time_seconds', 'When the worker started, since the epoch.', status.startedAt / 1000),
  gauge('process_resident_memory_bytes', 'Memory of the worker itself, without its engines.', usage.residentBytes),
  total('process_cpu_seconds_total', 'CPU time of the worker itself, without its engines.', usage.cpuSeconds),
];

const ofStudio = ({ status, session }: StatusFacts): readonly Measure[] => [
  gauge('session_connected', 'Whether the session with the studio is live.', flag(status.session.at === 'live')),
  total('session_reconnects_total', 'How often the session came back after it was lost.', session.reconnects),
  ...(session.heartbeat?.outcome === 'ok' && session.heartbeat.roundTripMs !== undefined
    ? [gauge('heartbeat_round_trip_seconds', 'How long the last heartbeat took.', session.heartbeat.roundTripMs / 1000)]
    : []),
  gauge('outbox_results', 'Finished results that the studio does not have yet.', status.outbox.count),
  gauge('outbox_bytes', 'Their size.', status.outbox.sizeBytes),
];

const ofOffers = ({ offers, status }: StatusFacts): readonly Measure[] => [
  gauge('claiming', 'Whether the worker takes jobs.', flag(status.enabled && !status.paused)),
  total('offers_total', 'Jobs that the studio offered.', offers.offers),
  total('offers_accepted_total', 'Offers that were accepted.', offers.accepted),
  {
    name: 'offers_rejected_total',
    help: 'Offers that were rejected, by the rule that was against them.',
    grows: true,
    values: offers.rejections.map(({ rule, count }) => ({ labels: { rule }, value: count })),
  },
];

const ofJobs = ({ status, memory }: StatusFacts, pullsRunning: number): readonly Measure[] => [
  gauge('jobs_running', 'Jobs that run or are delivered now.', status.runningJobs.length),
  {
    name: 'models_loaded',
    help: 'Models in memory, or on their way in or out, by their state.',
    values: [...Map.groupBy(status.models, ({ state }) => state)].map(([state, models]) => ({
      labels: { state },
      value: models.length,
    })),
  },
  {
    name: 'model_memory_bytes',
    help: 'Memory of each loaded model.',
    values: status.models.map(({ model, engine, gb, gpu }) => ({
      labels: { model, engine, ...gpuLabelled(gpu, memory) },
      value: gb * GIB,
    })),
  },
  gauge('downloads_running', 'Model downloads that an operator began.', pullsRunning),
];

function ofMemory({ memory, status }: StatusFacts): readonly Measure[] {
  const { gpus = [], ram } = memory?.report ?? {};
  const values = (bytesOf: (gpu: (typeof gpus)[number]) => number | undefined) =>
    gpus.flatMap((gpu, at) => {
      const value = bytesOf(gpu);
      const uuid = gpu.uuid === undefined ? {} : { uuid: gpu.uuid };
      return value === undefined ? [] : [{ labels: { gpu: String(at), name: gpu.name, ...uuid }, value }];
    });
  return [
    gauge('vram_threshold_bytes', 'The largest job that is taken, by estimate.', status.vramThresholdGb * GIB),
    { name: 'gpu_memory_bytes', help: 'Memory of each GPU.', values: values(({ totalBytes }) => totalBytes) },
    { name: 'gpu_memory_free_bytes', help: 'What is free of it.', values: values(({ freeBytes }) => freeBytes) },
    {
      name: 'gpu_jobs_running',
      help: 'Jobs that run on each GPU of several, or are delivered.',
      values:
        gpus.length < 2 ? [] : values((gpu) => status.runningJobs.filter((job) => job.gpu === gpuLabel(gpu)).length),
    },
    ...(ram === undefined
      ? []
      : [
          gauge('memory_bytes', 'Memory of the machine.', ram.totalBytes),
          gauge('memory_free_bytes', 'What is free of it.', ram.freeBytes),
        ]),
  ];
}

/** The place of a GPU among those of `gpu_memory_bytes`; nothing for what is on none of them. */
function gpuLabelled(label: string | undefined, memory: StatusFacts['memory']): { readonly gpu?: string } {
  const at = memory?.report.gpus.findIndex((gpu) => gpuLabel(gpu) === label) ?? -1;
  return at === -1 ? {} : { gpu: String(at) };
}
