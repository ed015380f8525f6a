import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { type AttemptView, JobViewSchema, type JobState, type JobView } from '../../../src/contract/operator/views.ts';
import type { ReadOutboundFrame } from '../../../src/contract/frames/outbound.ts';
import { FEATURES } from '../../../src/contract/frames/inbound.ts';
import { MAX_PARALLEL_JOBS } from '../../../src/contract/limits.ts';
import { parseJson, writeJson } from '../../../src/contract/json.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import type { PageShell } from '../../../src/local-studio/http/router.ts';
import { rulesOf, type ServedStudio, serveStudio } from '../../../src/local-studio/serve.ts';
import type { ArtifactPlace } from '../../../src/local-studio/storage/places.ts';
import { type StudioData, openStudioData } from '../../../src/local-studio/storage/studio-data.ts';
import type { NewJob } from '../../../src/local-studio/storage/tables/jobs.ts';
import { createStudio } from '../../../src/local-studio/studio.ts';
import type { Credentials } from '../../../src/studio/session/session.ts';
import type { GuardedPost } from '../../../src/system/net/remote/guarded-post.ts';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import { someCapabilities, synthetic } from '../builders.ts';
import { recordingLogger, type RecordingLogger } from '../recording-logger.ts';
import { type MisbehavingStudio, misbehaving, type Mischief, noMischief } from './misbehaving-studio.ts';
import { studioEffects } from './studio-effects.ts';
import { createRecorder, recordedStore, type StudioEvent } from './studio-recorder.ts';

export interface FakeStudio extends AsyncDisposable {
  readonly studio: Started;
  readonly url: string;
  readonly dataDir: string;
  readonly log: RecordingLogger;
  readonly mischief: Mischief;
  /** Every frame heard, in order. */
  readonly frames: ReadOutboundFrame[];
  readonly uploads: { readonly jobId: string; readonly status: number }[];
  readonly events: StudioEvent[];
  /** The next event that fits, from those not yet taken by `next` and `until`. */
  until(what: string, fits: (event: StudioEvent) => boolean): Promise<StudioEvent>;
  /** The next frame of this type, not yet returned by an earlier call. */
  next<Type extends ReadOutboundFrame['type']>(type: Type): Promise<Extract<ReadOutboundFrame, { type: Type }>>;
  /** Settles when the job gets to this state, at once when it is or was there; that it was queued at first does not count. */
  jobIs(id: string, state: JobState): Promise<JobView>;
  /** Approves the first worker that asks. */
  approve(): Promise<string>;
  /** An approved worker, without the waiting. */
  enrol(): Promise<Credentials>;
  /** A job of this id that the worker is at work on, without a session of its own. */
  hold(jobId: string, workerId: string): Promise<void>;
  createJob(task: Task, about?: Readonly<Record<string, unknown>>): Promise<JobView>;
  job(id: string): Promise<JobView>;
  attempts(id: string): Promise<readonly AttemptView[]>;
  /** Calls the operator API with the operator token. */
  operator(method: string, path: string, body?: unknown): Promise<Response>;
  /** Sends a worker a text that the studio would not. */
  say(workerId: string, text: string): void;
  /** Cuts a worker's socket. */
  cut(workerId: string): void;
  /** Stops it and starts another on the same data and port. */
  restart(): Promise<void>;
}

/** The studio between two restarts. */
interface Started extends ServedStudio, Pick<StudioData, 'operatorToken' | 'tokenFile' | 'store'> {
  readonly socketOf: MisbehavingStudio['socketOf'];
  readonly createPageCode: () => string;
}

export interface FakeStudioOptions {
  /** A studio of the bare contract: a claim ends with its socket. */
  readonly withoutResume?: boolean;
  /** One for a studio that gives a worker one job at a time, and says nothing of it. */
  readonly maxParallelJobs?: number;
  readonly clock?: Clock;
  /** False where registrations from here are limited like those from elsewhere. */
  readonly sparesLoopback?: boolean;
  /** The URL of a PostgreSQL database instead of a file. */
  readonly database?: string;
  /** Whether webhooks may lead to private addresses; they may when left out, since receivers are here. */
  readonly webhooksToPrivate?: boolean;
  readonly poster?: GuardedPost;
  /** How long artifacts are kept. */
  readonly keepArtifactsMs?: number;
  /** How long entries of the audit log are kept. */
  readonly keepAuditMs?: number;
  /** Whether requests come through a proxy that says who sent them. */
  readonly trustsProxy?: boolean;
  /** A bucket instead of a folder for artifacts. */
  readonly artifactStore?: ArtifactPlace;
  /** The files of the operator's page; none when left out. */
  readonly shell?: PageShell;
  /** How long a wait may take before it fails, naming what it waited for. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 120_000;

/** The embedded studio on a free port and in a temporary folder, with a recorder and faults around it. */
export async function fakeStudio(options: FakeStudioOptions = {}): Promise<FakeStudio> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fake-studio-'));
  const log = recordingLogger();
  const mischief = noMischief();
  const recorder = createRecorder(options.patienceMs ?? PATIENCE_MS);
  const { clock = systemClock, withoutResume = false, sparesLoopback = true } = options;
  const start = async (port: number): Promise<Started> => {
    const data = await openStudioData(
      { dataDir, database: options.database, artifactStore: options.artifactStore },
      studioEffects,
      log,
    );
    const store = recordedStore(data.store, recorder.hear);
    const studio = await createStudio({
      ...data,
      ...rulesOf({ ...studioEffects, clock }),
      store,
      log,
      poster: options.poster ?? studioEffects.openGuardedPost(options.webhooksToPrivate ?? true),
      sparesLoopback,
      hostNames: ['studio.test'],
      objectionTo: () => Promise.resolve(undefined),
      shell: options.shell,
      keepArtifactsMs: options.keepArtifactsMs,
      keepAuditMs: options.keepAuditMs,
      features: withoutResume ? [] : FEATURES,
      maxParallelJobs: options.maxParallelJobs ?? MAX_PARALLEL_JOBS,
    });
    const outer = misbehaving(studio, mischief, recorder.hear);
    const served = serveStudio(
      outer,
      { host: '127.0.0.1', port, trustsProxy: options.trustsProxy },
      studioEffects.serve,
    );
    const stop = (): Promise<void> => served.stop().then(() => data.store.close());
    const { socketOf } = outer;
    return { ...served, ...data, store, socketOf, createPageCode: () => outer.createPageCode(), stop };
  };
  let studio = await start(0);

  const operator: FakeStudio['operator'] = (method, path, body) =>
    fetch(`${studio.url}${API_PREFIX}/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${studio.operatorToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: writeJson(body) }),
    });
  const job: FakeStudio['job'] = async (id) => readJob(await operator('GET', `/jobs/${id}`));
  return {
    get studio() {
      return studio;
    },
    get url() {
      return studio.url;
    },
    dataDir,
    log,
    mischief,
    operator,
    job,
    frames: recorder.frames,
    uploads: recorder.uploads,
    events: recorder.events,
    until: recorder.until,
    next: recorder.next,
    jobIs: async (id, state) => {
      const now = await job(id);
      if (now.state === state) return now;
      const created = recorder.events.find((event) => isMove(event, id, 'queued'));
      const isIt = (event: StudioEvent): boolean => isMove(event, id, state) && event !== created;
      await recorder.until(`job ${state}`, isIt, 'from the start');
      return job(id);
    },
    approve: async () => {
      const asked = await recorder.until('a registration', (event) => event.is === 'asked');
      const requestId = 'requestId' in asked ? asked.requestId : '';
      return textIn(await operator('POST', `/registrations/${requestId}/approve`), 'workerId');
    },
    enrol: async () => {
      const bootstrapToken = await textIn(await operator('POST', '/bootstrap-tokens'), 'token');
      const answer = await fetch(`${studio.url}${API_PREFIX}/workers/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ bootstrapToken, capabilities: someCapabilities() }),
      });
      const { workerId, authToken } = v.parse(Enrolled, await answer.json());
      return { apiBaseUrl: studio.url, workerId, authToken };
    },
    hold: async (id, workerId) => {
      const { jobs } = studio.store;
      await jobs.add(aStoredJob(id));
      await jobs.offerNext({ workerId, kinds: ['audio_tts'], engines: ['synthetic'], thresholdGb: 1, except: [] }, 1);
      await jobs.start(id, workerId, 2);
    },
    createJob: async (task, about = {}) =>
      readJob(await operator('POST', '/jobs', { task, model: 'synthetic', modelSource: synthetic, ...about })),
    attempts: async (id) => {
      const { attempts } = (await (await operator('GET', `/jobs/${id}/attempts`)).json()) as {
        attempts: AttemptView[];
      };
      return attempts;
    },
    say: (workerId, text) => studio.socketOf(workerId)?.send(text),
    cut: (workerId) => studio.socketOf(workerId)?.terminate(),
    restart: async () => {
      await studio.stop();
      studio = await start(studio.port);
    },
    [Symbol.asyncDispose]: async () => {
      await studio.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const aStoredJob = (id: string): NewJob => ({
  id,
  project: 'default',
  kind: 'audio_tts',
  model: 'synthetic',
  modelSource: writeJson(synthetic),
  task: '{}',
  prompt: '',
  gameId: 'local',
  assetName: 'local/fox',
  vramGb: 0,
  priority: 0,
  maxAttempts: 3,
  createdAt: 0,
});

const Enrolled = v.object({ workerId: v.string(), authToken: v.string() });

const isMove = (event: StudioEvent, jobId: string, to: JobState): boolean =>
  event.is === 'moved' && event.jobId === jobId && event.to === to;

async function readJob(response: Response): Promise<JobView> {
  const text = await response.text();
  if (!response.ok) throw new Error(`the studio answered ${response.status}: ${text}`);
  return v.parse(JobViewSchema, parseJson(text));
}

async function textIn(response: Response, name: string): Promise<string> {
  const body = (await response.json()) as Record<string, unknown>;
  const value = body[name];
  if (typeof value !== 'string') throw new Error(`the studio answered ${response.status}: ${JSON.stringify(body)}`);
  return value;
}
