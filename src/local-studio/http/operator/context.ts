import type { Clock } from '../../../system/clock.ts';
import type { GuardedPost } from '../../../system/net/remote/guarded-post.ts';
import type { Random } from '../../../system/random.ts';
import type { OperatorRoute } from '../../../contract/operator/routes.ts';
import type { StudioFeedEvent } from '../../../contract/page/dashboard.ts';
import type { EventFeed } from '../../../page-host/feed.ts';
import type { Deadlines } from '../../deadlines.ts';
import type { FigureParts } from '../../metrics/answer.ts';
import type { Hmac } from '../../webhooks/signature.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Caller } from '../access/guard.ts';
import type { Callers } from '../access/callers.ts';
import type { Decisions } from '../decisions.ts';
import { type Exchange, refuse } from '../http.ts';
import type { ObjectionTo } from '../objections.ts';
import type { HashOf } from '../../storage/secrets.ts';

/** What the operator's routes work with. */
export interface OperatorContext extends Omit<FigureParts, 'feed'> {
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly random: Pick<Random, 'hex'>;
  readonly hashOf: HashOf;
  readonly decisions: Pick<Decisions, 'announce'>;
  readonly poster: GuardedPost;
  readonly hmac: Hmac;
  readonly deadlines: Pick<Deadlines, 'note'>;
  readonly objectionTo: ObjectionTo;
  readonly callers: Pick<Callers, 'isStillAllowed'>;
  /** What whoever watches the studio is told. */
  readonly feed: EventFeed<StudioFeedEvent>;
}

/** A request whose caller was let in. */
export interface OperatorExchange extends Exchange {
  readonly caller: Caller;
}

/** A route behind the guard. */
export interface HandledRoute extends OperatorRoute {
  readonly handle: (exchange: OperatorExchange) => Promise<Response> | Response;
}

/** Routes of one noun. */
export type OperatorRoutes = (context: OperatorContext) => readonly HandledRoute[];

/** A named part of the path. */
export const param = ({ params }: Exchange, name: string): string => params[name] ?? '';

/** The thing itself. @throws Refusal 404 when there is none */
export function existing<T>(thing: T | undefined, what: string, id: string): T {
  if (thing === undefined) throw refuse('not-found', `no ${what} ${JSON.stringify(id)}`);
  return thing;
}
