import * as v from 'valibot';
import { ENGINE_NAMES, engineFacts } from './model-source.ts';
import { absentable, Decimal } from './numbers.ts';
import { TASK_KIND_IDS, TaskKindIdSchema, type TaskKindId } from './tasks/index.ts';

/**
 * The engines a studio of the contract knows, in the order in which capabilities name them. A studio that reads strictly
 * takes no other name, so engines that are our extension are named apart.
 */
export const MODEL_ENGINES = ENGINE_NAMES.filter((name) => !engineFacts(name).isExtension);
export const EXTENSION_ENGINES = ENGINE_NAMES.filter((name) => engineFacts(name).isExtension);

/** What a worker says it can do, in `hello`, in each `heartbeat` and when it registers. */
export const CapabilitiesSchema = v.object({
  machineName: v.string(),
  username: v.string(),
  agentVersion: v.string(),
  engine: v.string(),
  /** GiB; 0 when unknown. */
  vramTotalGb: Decimal,
  /** Most GPU memory, in GB, that one job may be estimated to need. */
  vramThresholdGb: Decimal,
  autoEnabled: v.boolean(),
  autoStart: v.boolean(),
  autoUpdate: absentable(v.boolean()),
  startMinimised: absentable(v.boolean()),
  onlyWhenIdle: absentable(v.boolean()),
  userPresence: absentable(v.picklist(['idle', 'active'])),
  supportedModels: v.array(v.string()),
  taskKinds: v.optional(v.array(TaskKindIdSchema), []),
  supportedModelsPerKind: v.optional(v.record(v.string(), v.array(v.string())), {}),
  /** The engines an offer can be routed to now. A worker that names none is offered nothing. */
  modelEngines: v.optional(v.array(v.string()), []),
  /** Extension `extensionEngines`: the same of engines that the contract has no names for. Never part of a `hello`. */
  extensionEngines: absentable(v.array(v.string())),
  /** Extension `max_parallel_jobs`: jobs of the studio that it takes at a time; absent means one. Never part of a `hello`. */
  maxParallelJobs: absentable(v.pipe(v.number(), v.integer(), v.minValue(1))),
});
/** Capabilities as a worker writes them: the lists may be left out. */
export type Capabilities = v.InferInput<typeof CapabilitiesSchema>;
/** Capabilities as a studio reads them: absent lists are empty. */
export type ReadCapabilities = v.InferOutput<typeof CapabilitiesSchema>;

/** The engines a worker can run a model on: those the contract names, and those beyond it that it reported. */
export const enginesOf = ({
  modelEngines,
  extensionEngines = [],
}: Pick<ReadCapabilities, 'modelEngines' | 'extensionEngines'>): readonly string[] => [
  ...modelEngines,
  ...extensionEngines,
];

/** What decides which workers a job can go to. */
export interface JobNeeds {
  readonly kind: TaskKindId;
  readonly engine: string;
  readonly vramGb: number;
}

/** Whether a worker can be offered such a job at all, however busy it is now. */
export const canTake = (
  worker: Pick<ReadCapabilities, 'taskKinds' | 'vramThresholdGb' | 'modelEngines' | 'extensionEngines'>,
  { kind, engine, vramGb }: JobNeeds,
): boolean => worker.taskKinds.includes(kind) && enginesOf(worker).includes(engine) && vramGb <= worker.vramThresholdGb;

/** The three model lists of the capabilities, from what each engine offers per kind, in wire order. */
export function advertise(
  offered: readonly Readonly<Partial<Record<TaskKindId, readonly string[]>>>[],
): Pick<ReadCapabilities, 'supportedModels' | 'taskKinds' | 'supportedModelsPerKind'> {
  const perKind: Record<string, string[]> = {};
  for (const kind of TASK_KIND_IDS) {
    const models = [...new Set(offered.flatMap((engine) => engine[kind] ?? []))];
    if (models.length > 0) perKind[kind] = models;
  }
  return {
    supportedModels: [...new Set(Object.values(perKind).flat())].toSorted(),
    taskKinds: TASK_KIND_IDS.filter((kind) => kind in perKind),
    supportedModelsPerKind: perKind,
  };
}
