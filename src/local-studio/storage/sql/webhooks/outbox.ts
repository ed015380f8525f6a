import { WEBHOOK_EVENTS, type WebhookEvent } from '../../../../contract/operator/webhooks.ts';
import { TASK_KIND_IDS } from '../../../../contract/tasks/index.ts';
import type { Query, Row } from '../../../../system/database/sql.ts';
import type { EndedFacts } from '../../../webhooks/messages.ts';
import type { JobEnding } from '../../tables/figures.ts';
import { maybeNumber, maybeText, number, text } from '../columns.ts';

/**
 * What a statement that ends jobs returns of each: whether anyone is to be told costs no query, nor whether its place is one
 * that others may wait for.
 */
export const ENDED_COLUMNS = `id, state, kind, project, model, game_id, asset_name, error, attempts, worker_id, created_at,
  started_at, finished_at, artifact_name, artifact_ext, artifact_type, artifact_size, artifact_sha256, webhook,
  (SELECT COUNT(*) FROM webhooks WHERE disabled_at IS NULL) AS webhooks,
  (SELECT projects.max_running FROM projects WHERE projects.name = jobs.project) AS max_running`;

/** Puts into the outbox who is to be told that a job ended, within the transaction that ends it. How many that are. */
export async function queueDeliveries(query: Query, row: Row): Promise<number> {
  const event = WEBHOOK_EVENTS.find((each) => each === row['state']);
  const own = maybeText(row['webhook']);
  if (event === undefined || (own === undefined && number(row['webhooks']) === 0)) return 0;
  const facts = factsOf(row, event);
  const told = number(row['webhooks']) === 0 ? [] : await webhooksFor(query, event);
  const all = own === undefined ? told : [...told, { id: undefined, origin: originOf(own), url: own }];
  for (const { id, origin, url } of all) {
    await query(
      `INSERT INTO webhook_deliveries (id, webhook_id, url, receiver, job_id, event, facts, state, attempts, created_at,
         next_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, $8, 0) ON CONFLICT (id) DO NOTHING`,
      [
        // A job may end more than once, when it is retried: each time is an event of its own.
        `${facts.jobId}-${facts.finishedAt}-${id ?? 'own'}`,
        id ?? null,
        url ?? null,
        origin,
        facts.jobId,
        event,
        JSON.stringify(facts),
        facts.finishedAt,
      ],
    );
  }
  return all.length;
}

async function webhooksFor(query: Query, event: WebhookEvent) {
  const rows = await query(
    'SELECT id, receiver AS origin, events FROM webhooks WHERE disabled_at IS NULL ORDER BY created_at, id',
  );
  return rows.flatMap((row) => {
    const told = { id: text(row['id']), origin: text(row['origin']), url: undefined };
    return eventsIn(row['events']).includes(event) ? [told] : [];
  });
}

/** Kept with commas between them. */
export const eventsIn = (value: unknown): readonly WebhookEvent[] =>
  WEBHOOK_EVENTS.filter((event) => text(value).split(',').includes(event));

/** Whose time one delivery takes: a slow origin holds up what goes to it, and nothing else. */
export const originOf = (url: string): string => URL.parse(url)?.origin ?? '';

/** How a job ended, by its row; undefined for one that was queued again. */
export function endingIn(row: Row): JobEnding | undefined {
  const outcome = WEBHOOK_EVENTS.find((each) => each === row['state']);
  const kind = TASK_KIND_IDS.find((each) => each === row['kind']);
  if (outcome === undefined || kind === undefined) return undefined;
  return { kind, outcome, createdAt: number(row['created_at']), finishedAt: number(row['finished_at']) };
}

const factsOf = (row: Row, outcome: WebhookEvent): EndedFacts => ({
  jobId: text(row['id']),
  project: text(row['project']),
  kind: text(row['kind']),
  model: text(row['model']),
  gameId: text(row['game_id']),
  assetName: text(row['asset_name']),
  outcome,
  reason: outcome === 'completed' ? undefined : maybeText(row['error']),
  attempt: number(row['attempts']),
  createdAt: number(row['created_at']),
  startedAt: maybeNumber(row['started_at']),
  finishedAt: number(row['finished_at']),
  artifact:
    maybeText(row['artifact_name']) === undefined
      ? undefined
      : {
          ext: text(row['artifact_ext']),
          contentType: text(row['artifact_type']),
          sizeBytes: number(row['artifact_size']),
          sha256: text(row['artifact_sha256']),
        },
});
