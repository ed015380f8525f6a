import { batch } from '@preact/signals';
import type { RawEvent } from '../../local-api/client/sse.ts';
import { type ApiEvent, readEvent } from '../../local-api/contract/events.ts';
import type { ApiJob } from '../../local-api/contract/jobs.ts';
import type { ApiLogLine } from '../../local-api/contract/logs.ts';
import type { LiveStatus } from '../../local-api/contract/status.ts';
import type { Browser } from '../browser/browser.ts';
import { call } from './call.ts';
import type { PageFacts } from './facts.ts';
import type { ModelNews } from './model-desk.ts';
import { jobsAfter, jobsAfterProgress, linesAfter, linesFrom, sorted, stepsAfter } from './reducers.ts';

/** Puts what the worker tells into the facts of a window. */
export interface Intake {
  /** All of one piece of the stream, drawn once. */
  onEvents(raw: readonly RawEvent[]): void;
  /** Reads the lists that events only tell the changes of. */
  readLists(): Promise<void>;
}

interface IntakeOptions {
  readonly browser: Pick<Browser, 'now' | 'request'>;
  readonly facts: PageFacts;
  readonly onModelEvent: (event: ModelNews) => void;
}

export const createIntake = (options: IntakeOptions): Intake => new FactsIntake(options);

class FactsIntake implements Intake {
  readonly #browser: IntakeOptions['browser'];
  readonly #facts: PageFacts;
  readonly #onModelEvent: IntakeOptions['onModelEvent'];
  /** Jobs that changed while the list was on its way: it may be older than they are. */
  #changed: ApiJob[] | undefined;

  constructor({ browser, facts, onModelEvent }: IntakeOptions) {
    this.#browser = browser;
    this.#facts = facts;
    this.#onModelEvent = onModelEvent;
  }

  onEvents(raw: readonly RawEvent[]): void {
    const { logs, now } = this.#facts;
    const lines: ApiLogLine[] = [];
    batch(() => {
      for (const event of raw.flatMap(readEvent)) {
        if (event.event === 'log') lines.push(event.data);
        else this.#apply(event);
      }
      if (lines.length > 0) logs.value = linesAfter(logs.value, lines);
      now.value = this.#browser.now();
    });
  }

  async readLists(): Promise<void> {
    const { jobs, logs } = this.#facts;
    const during: ApiJob[] = [];
    this.#changed = during;
    const [listed, logged] = await Promise.all([call(this.#browser, 'jobs'), call(this.#browser, 'workerLogs')]);
    batch(() => {
      if (listed.is === 'answered') jobs.value = during.reduce(jobsAfter, sorted(listed.answer));
      if (this.#changed === during) this.#changed = undefined;
      if (logged.is === 'answered') logs.value = linesFrom(logs.value, logged.answer);
    });
  }

  #apply(event: Exclude<ApiEvent, { readonly event: 'log' }>): void {
    const { status, jobs, stepTimes } = this.#facts;
    switch (event.event) {
      case 'status':
        status.value = event.data;
        break;
      case 'job':
        this.#changed?.push(event.data);
        jobs.value = jobsAfter(jobs.value, event.data);
        break;
      case 'progress':
        jobs.value = jobsAfterProgress(jobs.value, event.data);
        break;
      case 'models':
        if (status.value !== undefined) status.value = withModels(status.value, event.data);
        this.#onModelEvent(event);
        break;
      case 'missed':
        void this.readLists();
        this.#onModelEvent(event);
        break;
      case 'pull':
      case 'catalogue':
        this.#onModelEvent(event);
        break;
      default:
        event satisfies never;
    }
    stepTimes.value = stepsAfter(stepTimes.value, jobs.value, this.#browser.now());
  }
}

const withModels = (status: LiveStatus, models: LiveStatus['memory']['models']): LiveStatus => ({
  ...status,
  memory: { ...status.memory, models },
});
