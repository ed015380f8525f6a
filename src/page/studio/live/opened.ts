import { type ReadonlySignal, signal } from '@preact/signals';
import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { AttemptListSchema, JobViewSchema, WhyViewSchema } from '../../../contract/operator/views.ts';
import type { StudioFeedEvent } from '../../../contract/page/dashboard.ts';
import type { Browser } from '../../browser/browser.ts';
import type { OpenedJob } from '../model.ts';
import { ask } from './ask.ts';
import { coalesced } from './coalesced.ts';

/** The job that is open, which is read again when it changes. */
export interface Opened {
  readonly opened: ReadonlySignal<OpenedJob | 'gone' | undefined>;
  open(jobId: string | undefined): Promise<void>;
  onEvent(event: StudioFeedEvent): void;
}

/** None is open at first. */
export function createOpened(browser: Pick<Browser, 'request' | 'report'>): Opened {
  const opened = signal<OpenedJob | 'gone' | undefined>(undefined);
  let openId: string | undefined;
  const readOpen = async (): Promise<void> => {
    const jobId = openId;
    if (jobId === undefined) return;
    const found = await readJob(browser, jobId);
    if (openId === jobId && found !== 'unreachable') opened.value = found;
  };
  const read = coalesced(readOpen, (fault) => browser.report(fault));
  return {
    opened,
    async open(jobId) {
      if (openId !== jobId) opened.value = undefined;
      openId = jobId;
      await read();
    },
    onEvent(event) {
      const isWaiting = typeof opened.value === 'object' && opened.value.job.state === 'queued';
      const isOurs = event.event === 'job' && event.data.id === openId;
      if (isOurs || event.event === 'missed' || (event.event === 'queue' && isWaiting)) void read();
    },
  };
}

async function readJob(browser: Pick<Browser, 'request'>, jobId: string): Promise<OpenedJob | 'gone' | 'unreachable'> {
  const called = await ask(browser, { route: routes.job, id: jobId }, JobViewSchema);
  if (called.is !== 'answered') return called.is === 'refused' && called.status === 404 ? 'gone' : 'unreachable';
  const job = called.answer;
  const attempts = await ask(browser, { route: routes.attempts, id: jobId }, AttemptListSchema);
  const why = job.state === 'queued' ? await ask(browser, { route: routes.why, id: jobId }, WhyViewSchema) : undefined;
  return {
    job,
    attempts: attempts.is === 'answered' ? attempts.answer.attempts : [],
    why: why?.is === 'answered' ? why.answer : undefined,
  };
}
