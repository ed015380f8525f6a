import { toJobId, toModelId } from '../../src/base/ids.ts';
import type { Capabilities } from '../../src/contract/capabilities.ts';
import type { Offer } from '../../src/contract/frames/inbound.ts';
import { CliDefaultsSchema, type ModelSource } from '../../src/contract/model-source.ts';
import * as v from 'valibot';
import { type Task, type TaskOf, TaskSchema } from '../../src/contract/tasks/index.ts';
import type { AcceptedJob } from '../../src/local-studio/queue/accepted-job.ts';
import { type Job, toJob, type ResultSink } from '../../src/jobs/job.ts';
import type { HeldFiles } from '../../src/jobs/run-deps.ts';

/** A model source that needs no files. */
export const synthetic: ModelSource = {
  engine: 'synthetic',
  files: [],
  cliDefaults: v.parse(CliDefaultsSchema, { cfgScale: 1, steps: 8, width: 512, height: 512 }),
};

/** Model files that nobody could remove, so that holding them does nothing. */
export const heldFiles: HeldFiles = {
  model: toModelId('synthetic'),
  paths: new Map(),
  loras: [],
  defaults: synthetic.cliDefaults,
  hold: () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }),
};

/** A task with its defaults filled in, as the contract's door would. */
export const aTask = (params: { kind: Task['kind']; [key: string]: unknown }): Task => v.parse(TaskSchema, params);
export const anLlmTask = (content = 'hi'): TaskOf<'llm'> =>
  aTask({ kind: 'llm', messages: [{ role: 'user', content }] }) as TaskOf<'llm'>;

/** What a worker with the synthetic engine says of itself. */
export const someCapabilities = (about: Partial<Capabilities> = {}): Capabilities => ({
  machineName: 'rig-01',
  username: 'webber',
  agentVersion: '0.5.0',
  engine: 'multi',
  vramTotalGb: 24,
  vramThresholdGb: 12,
  autoEnabled: true,
  autoStart: false,
  supportedModels: ['synthetic'],
  taskKinds: ['image', 'llm', 'audio_stt', 'audio_tts', 'video'],
  supportedModelsPerKind: { llm: ['synthetic'] },
  modelEngines: ['synthetic'],
  ...about,
});

/** Jobs that a studio knows to run at a worker. */
export const runningJobs = (...jobIds: readonly string[]): ReadonlyMap<string, AcceptedJob> =>
  new Map(jobIds.map((jobId) => [jobId, { jobId, revoked: false, unnamed: 0 }]));

/** An offer that any idle worker takes; the arguments say what the test is about. */
export const anOffer = (about: { [Key in keyof Offer]?: Offer[Key] } & { id?: string } = {}): Offer => ({
  jobId: toJobId(about.id ?? 'job-1'),
  gameId: 'game',
  assetName: 'game/creatures/fox',
  model: toModelId('synthetic'),
  vramGbEstimate: 1,
  task: anLlmTask(),
  modelSource: synthetic,
  ...about,
});

/** Takes every outcome, as a studio that is there does. */
const delivered: ResultSink = { deliver: () => Promise.resolve({ is: 'delivered' }) };

export const aJob = (about: Parameters<typeof anOffer>[0] = {}, sink = delivered): Job => toJob(anOffer(about), sink);
