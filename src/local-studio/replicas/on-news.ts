import { CLOSE } from '../../contract/frames/close-codes.ts';
import type { Decisions } from '../http/decisions.ts';
import { endJob } from '../sessions/frames-in.ts';
import { revokeClaim } from '../sessions/revocations.ts';
import { endGrace } from '../sessions/graces.ts';
import { offerFreed, offerHere, offerTo, offerToAll } from '../sessions/offering.ts';
import { DELETED, endUnlessNewest } from '../sessions/sessions.ts';
import { logFailure, type StudioState } from '../sessions/state.ts';
import type { StudioNews } from './bus.ts';

/** Does for this studio's own workers what another one's news means to them. */
export function onNews(studio: StudioState, decisions: Pick<Decisions, 'announce'>, news: StudioNews): void {
  if (studio.stopped) return;
  switch (news.is) {
    case 'queued':
      return logFailure(studio, news.job === undefined ? offerToAll(studio) : offerHere(studio, news.job));
    case 'freed':
      return logFailure(studio, offerFreed(studio, news.project));
    case 'cancelled':
      return revokeClaim(studio, news.jobId, news.because);
    case 'completed': {
      endGrace(studio, news.jobId);
      const session = studio.live.get(news.workerId);
      endJob(session, news.jobId);
      return session && logFailure(studio, offerTo(studio, session));
    }
    case 'decided':
      return decisions.announce(news.requestId);
    case 'connected': {
      const session = studio.live.get(news.workerId);
      return session && logFailure(studio, endUnlessNewest(studio, session));
    }
    case 'changed':
      return; // nothing to this studio's own workers
    case 'removed':
      studio.removed.add(news.workerId);
      return studio.live.get(news.workerId)?.end(CLOSE.workerDeleted, DELETED, 'worker_deleted');
    default:
      return news satisfies never;
  }
}
