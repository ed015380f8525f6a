import { WorkerError } from '../base/errors.ts';
import type { JobView, ModelView, RegistrationView, WorkerView } from '../contract/operator/views.ts';
import type { WebhookView } from '../contract/operator/webhooks.ts';
import type { OperatorClient } from '../operator/client.ts';
import { byPrefix } from './view/by-prefix.ts';

/*
 * Ids as operators give them: whole, or the beginning of one. Workers go by the name of their machine as well.
 */

/** For commands about one job, which `findJob` then looks up. */
export const JOB_ARG = {
  job: { type: 'positional', valueHint: 'job', description: 'Job id; the beginning will do' },
} as const;

/** More than a message would list. */
const MAX_MATCHES = 6;
const JOB_PREFIX = 'job-';

/** @throws WorkerError `studio.not-found` when no job is called so | `cli.usage` when more than one is */
export async function findJob(studio: OperatorClient, given: string): Promise<JobView> {
  const exact = await studio.job(given).catch(unlessUnknown);
  if (exact !== undefined) return exact;
  const matching = await studio.jobs({ id: given, limit: MAX_MATCHES });
  // The letters that all ids share in front may be left out.
  const found = matching.length > 0 ? matching : await studio.jobs({ id: `${JOB_PREFIX}${given}`, limit: MAX_MATCHES });
  return byPrefix(given, found, {
    what: 'jobs',
    listedBy: 'studio jobs list',
    namesOf: ({ id }) => [id],
    missing: 'studio.not-found',
  });
}

/** The id may be the beginning of one. */
function unlessUnknown(thrown: unknown): undefined {
  if (!(thrown instanceof WorkerError) || thrown.code !== 'studio.not-found') throw thrown;
}

/** @throws WorkerError `studio.not-found` | `cli.usage` when more than one is called so */
export const findWorker = async (studio: OperatorClient, given: string): Promise<WorkerView> =>
  byPrefix(given, await studio.workers(), {
    what: 'workers',
    listedBy: 'studio workers list',
    missing: 'studio.not-found',
    namesOf: ({ workerId, capabilities }) => [workerId, capabilities.machineName],
  });

/** One that waits for approval. @throws WorkerError `studio.not-found` | `cli.usage` when more than one is called so */
export const findRegistration = async (studio: OperatorClient, given: string): Promise<RegistrationView> =>
  byPrefix(given, await studio.registrations(), {
    what: 'waiting workers',
    listedBy: 'studio workers list',
    missing: 'studio.not-found',
    namesOf: ({ requestId, machineName }) => [requestId, machineName],
  });

/** For commands about one webhook, which `findWebhook` then looks up. */
export const WEBHOOK_ARG = {
  webhook: { type: 'positional', valueHint: 'webhook', description: 'Webhook id; the beginning will do' },
} as const;

/** @throws WorkerError `studio.not-found` | `cli.usage` when more than one is called so */
export const findWebhook = async (studio: OperatorClient, given: string): Promise<WebhookView> =>
  byPrefix(given, await studio.webhooks(), {
    what: 'webhooks',
    listedBy: 'studio webhooks list',
    missing: 'studio.not-found',
    namesOf: ({ id }) => [id],
  });

/** @throws WorkerError `studio.not-found` | `cli.usage` when more than one is called so */
export const findModel = async (studio: OperatorClient, given: string): Promise<ModelView> =>
  byPrefix(given, await studio.models(), {
    what: 'models',
    listedBy: 'studio models list',
    missing: 'studio.not-found',
    namesOf: ({ id }) => [id],
  });
