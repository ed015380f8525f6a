import type { LogLine } from '../contract/operator/views.ts';
import type { StudioNews } from './replicas/bus.ts';

/** Something that whoever watches a studio may want to know. It names what changed, and not how. */
export type Change =
  | { readonly is: 'job'; readonly jobId: string; readonly workerId?: string }
  | { readonly is: 'worker'; readonly workerId: string }
  | { readonly is: 'registrations' | 'models' }
  | { readonly is: 'lines'; readonly lines: readonly LogLine[] };

/** Tells of a change; returns at once and never throws. */
export type TellChange = (change: Change) => void;

/** What changed at another studio on the same database, as far as its news tell. */
export function changesIn(news: StudioNews): readonly Change[] {
  switch (news.is) {
    case 'cancelled':
      return [{ is: 'job', jobId: news.jobId }];
    case 'completed':
      return [{ is: 'job', jobId: news.jobId, workerId: news.workerId }];
    case 'decided':
      return [{ is: 'registrations' }];
    case 'connected':
    case 'changed':
    case 'removed':
      return [{ is: 'worker', workerId: news.workerId }];
    case 'queued':
    case 'freed':
      return []; // which one is not said
    default:
      return news satisfies never;
  }
}
