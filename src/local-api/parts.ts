import type { ServerPeer } from '../system/net/server.ts';
import type { EventFeed } from '../page-host/feed.ts';
import type { ApiEvent } from './contract/events.ts';
import type { ApiFacts } from './handlers/facts.ts';
import type { Metrics } from './handlers/metrics.ts';
import type { Pulls } from './models/pulls.ts';

/** What is kept for the whole life of the API, whether or not anybody asks. */
export interface ApiParts {
  readonly facts: ApiFacts;
  readonly feed: EventFeed<ApiEvent>;
  readonly metrics: Metrics;
  readonly pulls: Pulls;
  /** Ends what would go on for ever. */
  readonly stopping: AbortSignal;
}

/** Never rejects. */
export type Answerer = (request: Request, peer: ServerPeer) => Promise<Response>;
