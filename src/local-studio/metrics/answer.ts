import type { EventFeed } from '../../page-host/feed.ts';
import type { StudioFeedEvent } from '../../contract/page/dashboard.ts';
import type { ProcessUsage } from '../../system/process/process-memory.ts';
import { STALE_MS } from '../queue/timing.ts';
import type { StudioState, WorkerSession } from '../sessions/state.ts';
import type { SessionGroup } from '../storage/tables/figures.ts';
import type { FigureReader } from './figure-reader.ts';
import { measure } from './measured.ts';

/** What the figures of a studio are made of. */
export interface FigureParts {
  readonly studio: StudioState;
  /** Tells this process from the others on its database. */
  readonly studioId: string;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly feed: Pick<EventFeed<StudioFeedEvent>, 'subscribers'>;
  readonly usage: () => ProcessUsage;
  readonly readFigures: FigureReader;
}

const PREFIX = 'studio_';

/** The figures of a studio, in the text format of Prometheus. The library that writes them is loaded by the first call. */
export async function answerFigures(parts: FigureParts): Promise<Response> {
  const { studio, studioId, startedAt, feed, usage, readFigures } = parts;
  const { writeFigures } = await import('../../metrics/prometheus.ts');
  const reading = await readFigures();
  const sessions = [...studio.live.values()].map((session) => toGroup(session, studio.clock.elapsed()));
  const now = measure({ studioId, startedAt, usage: usage(), sessions, listeners: feed.subscribers, reading });
  const { text, contentType } = await writeFigures(PREFIX, [...studio.tallies.read(), ...now]);
  return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
}

const toGroup = ({ lastBeat, running, capabilities }: WorkerSession, elapsedMs: number): SessionGroup => ({
  isConnected: elapsedMs - lastBeat.elapsedMs <= STALE_MS,
  isBusy: running.size > 0,
  capabilities,
  count: 1,
});
