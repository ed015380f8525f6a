import type { ReadonlySignal } from '@preact/signals';
import type { ApiEngine } from '../../local-api/contract/engines.ts';
import type { JobLog, ApiJob } from '../../local-api/contract/jobs.ts';
import type { ApiLogLine } from '../../local-api/contract/logs.ts';
import type { ApiLink } from '../../local-api/client/follow-events.ts';
import type { LiveStatus } from '../../local-api/contract/status.ts';
import type { ConfigDesk } from '../live/config-desk.ts';
import type { InstallationDesk } from '../live/installation-desk.ts';
import type { ModelDesk } from '../live/model-desk.ts';
import type { WindowClaim } from '../live/window-claim.ts';
import type { Toast } from '../kit/toast.tsx';
import type { Route } from './route.ts';

/** The first and the last step of a running job that this window has seen done, to tell how long the others take. */
export interface StepTimes {
  readonly first: { readonly at: number; readonly done: number };
  readonly last: { readonly at: number; readonly done: number };
}

/** The log lines that this window holds, oldest first; `all` counts those that it does not hold any more, too. */
export interface LogLines {
  readonly lines: readonly ApiLogLine[];
  readonly all: number;
}

type ConfigFacts = 'config' | 'edits' | 'refusals';
type ModelFacts = 'models' | 'modelFiles' | 'verdicts' | 'verifying';
type InstallationFacts = 'findings' | 'updateCheck';

/** What the pages show. They only read it; what changes it is the stream of events and the window's own actions. */
export interface PageModel
  extends
    Pick<ConfigDesk, ConfigFacts>,
    Pick<ModelDesk, ModelFacts>,
    Pick<InstallationDesk, InstallationFacts>,
    Pick<WindowClaim, 'isSuperseded'> {
  /** Moves on once a second. */
  readonly now: ReadonlySignal<number>;
  readonly route: ReadonlySignal<Route>;
  readonly link: ReadonlySignal<ApiLink>;
  /** The last known one; undefined before the first. */
  readonly status: ReadonlySignal<LiveStatus | undefined>;
  /** Running jobs, then those that ended, newest first. */
  readonly jobs: ReadonlySignal<readonly ApiJob[]>;
  /** By job id; of running jobs alone. */
  readonly stepTimes: ReadonlySignal<ReadonlyMap<string, StepTimes>>;
  readonly logs: ReadonlySignal<LogLines>;
  /** Undefined until the worker was asked. */
  readonly engines: ReadonlySignal<readonly ApiEngine[] | undefined>;
  readonly toasts: ReadonlySignal<readonly Toast[]>;
}

/** What the job's log came to. */
export type JobLogAnswer = { readonly is: 'log'; readonly log: JobLog } | { readonly is: 'gone' | 'unreachable' };

/** What a window can do. Each settles when the worker has answered, and says in a toast what came of it. */
export interface PageActions
  extends
    Omit<ConfigDesk, ConfigFacts>,
    Omit<ModelDesk, ModelFacts>,
    Omit<InstallationDesk, InstallationFacts>,
    Pick<WindowClaim, 'claimWindow'> {
  readonly go: (route: Route) => void;
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly cancelJob: (jobId: string) => Promise<void>;
  /** After a rejection. */
  readonly askAgain: () => Promise<void>;
  /** Connects to the worker now instead of after the pause. */
  readonly retryNow: () => void;
  readonly readJobLog: (jobId: string) => Promise<JobLogAnswer>;
  readonly readEngines: () => Promise<void>;
  readonly dismissToast: (id: number) => void;
  readonly holdToasts: (held: boolean) => void;
}

/** A page as its parts see it. */
export interface WorkerPage {
  readonly model: PageModel;
  readonly actions: PageActions;
}
