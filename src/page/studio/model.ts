import type { ReadonlySignal } from '@preact/signals';
import type {
  AttemptView,
  BootstrapTokenView,
  JobRequest,
  JobState,
  JobView,
  LogLine,
  ModelDraft,
  ModelView,
  RegistrationView,
  StatusView,
  WhyView,
  WorkerView,
} from '../../contract/operator/views.ts';
import type { JobRowView, OverviewView } from '../../contract/page/dashboard.ts';
import type { Toast } from '../kit/toast.tsx';
import type { ApiLink } from '../../local-api/client/follow-events.ts';
import type { FormOutcome } from './outcome.ts';
import type { ProjectActions, ProjectFacts } from './projects/model.ts';
import type { Route } from './route.ts';

/** Where the jobs of a state go on that were not read yet; undefined where none is left. States nobody asked for are not in it. */
export type OlderJobs = ReadonlyMap<JobState | 'all', string | undefined>;

/** The job that is open, in full; `why` only of one that waits. */
export interface OpenedJob {
  readonly job: JobView;
  readonly attempts: readonly AttemptView[];
  readonly why: WhyView | undefined;
}

/** What the pages show. They only read it; what changes it is the stream of events and the window's own actions. */
export interface StudioModel extends ProjectFacts {
  /** Moves on once a second. */
  readonly now: ReadonlySignal<number>;
  readonly route: ReadonlySignal<Route>;
  readonly link: ReadonlySignal<ApiLink>;
  /** The last known one; undefined before the first, as are the lists. */
  readonly status: ReadonlySignal<StatusView | undefined>;
  /** Those that wait, oldest first. */
  readonly registrations: ReadonlySignal<readonly RegistrationView[]>;
  /** In the order in which they joined. */
  readonly workers: ReadonlySignal<readonly WorkerView[] | undefined>;
  /** At work, queued, then those that ended, newest first. */
  readonly jobs: ReadonlySignal<readonly JobRowView[] | undefined>;
  /** By state: where the jobs go on that were not read yet, undefined where none is left. */
  readonly olderJobs: ReadonlySignal<OlderJobs>;
  /** `gone`: the studio knows no such job. */
  readonly opened: ReadonlySignal<OpenedJob | 'gone' | undefined>;
  readonly models: ReadonlySignal<readonly ModelView[] | undefined>;
  readonly lines: ReadonlySignal<readonly LogLine[]>;
  readonly overview: ReadonlySignal<OverviewView | undefined>;
  readonly toasts: ReadonlySignal<readonly Toast[]>;
}

/** What a window can do. Each settles when the studio has answered. Forms show what came of it, all else says so in a toast. */
export interface StudioActions extends ProjectActions {
  readonly go: (route: Route) => void;
  readonly approve: (registration: RegistrationView) => Promise<void>;
  /** Whether it was done. */
  readonly reject: (registration: RegistrationView, reason: string) => Promise<boolean>;
  readonly invite: () => Promise<BootstrapTokenView | undefined>;
  readonly removeWorker: (worker: WorkerView) => Promise<boolean>;
  readonly createJob: (request: JobRequest) => Promise<FormOutcome<JobView>>;
  readonly retryJob: (jobId: string) => Promise<void>;
  readonly cancelJob: (jobId: string) => Promise<void>;
  readonly openJob: (jobId: string | undefined) => Promise<void>;
  /** Those of a state that are older than what was read of it, from the newest on the first time. */
  readonly readOlderJobs: (state: JobState | 'all') => Promise<void>;
  /** `isNew`: one of that id may not be there. */
  readonly saveModel: (draft: ModelDraft, isNew: boolean) => Promise<FormOutcome<ModelView>>;
  readonly removeModel: (modelId: string) => Promise<boolean>;
  readonly readOverview: () => Promise<void>;
  /** Connects to the studio now instead of after the pause. */
  readonly retryNow: () => void;
  readonly dismissToast: (id: number) => void;
  readonly holdToasts: (held: boolean) => void;
}

/** A page as its parts see it. */
export interface StudioPage {
  readonly model: StudioModel;
  readonly actions: StudioActions;
}
