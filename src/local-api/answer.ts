import type { LocalApiDeps } from './deps.ts';
import type { EventFeed } from '../page-host/feed.ts';
import { type ApiEvent, TRAY_CLIENT } from './contract/events.ts';
import { configHandlers } from './handlers/config.ts';
import { controlHandlers } from './handlers/control.ts';
import { installationHandlers } from './handlers/installation.ts';
import { jobHandlers } from './handlers/jobs.ts';
import { modelHandlers } from './handlers/models.ts';
import { oneOffHandlers } from './handlers/one-off.ts';
import { openAiHandlers } from './handlers/openai.ts';
import { pageHandlers } from './handlers/page.ts';
import { textHandlers } from './handlers/texts.ts';
import { UNSERVED_HANDLERS } from './handlers/unserved.ts';
import { workerHandlers } from './handlers/worker.ts';
import { createSignIns } from '../page-host/sign-ins.ts';
import { jsonReply, SAFE_HEADERS } from './http/reply.ts';
import { createRouter } from './http/router.ts';
import { createLoads, type Loads } from './models/loads.ts';
import { withOpenAiErrors } from './openai/errors.ts';
import type { Answerer, ApiParts } from './parts.ts';

/** Cookies of 127.0.0.1 are shared by all its ports: each worker of a machine has its own. */
const cookieNameOf = (url: string): string => `studio-worker-session-${URL.parse(url)?.port ?? ''}`;

/** Answers requests to the API of one worker. To be called once: it keeps who is signed in. */
export function createAnswer(deps: LocalApiDeps, { facts, feed, metrics, pulls, stopping }: ApiParts): Answerer {
  const { clock, random, hashOf, log, token, url, shell } = deps;
  const pages = createSignIns({ clock, random, hashOf, known: deps.pages.known, onChange: deps.pages.keep });
  const cookieName = (): string => cookieNameOf(url());
  const answer = createRouter({
    handlers: {
      ...workerHandlers(deps, facts),
      ...installationHandlers(deps),
      ...configHandlers(deps),
      ...controlHandlers(deps.control, stopping),
      ...jobHandlers(deps, facts),
      ...modelHandlers({ deps, loads: loadsOf(deps), pulls }),
      ...oneOffHandlers(deps),
      ...openAiHandlers(deps),
      ...textHandlers(deps),
      ...UNSERVED_HANDLERS,
      ...pageHandlers({ url, facts, feed }, pages, cookieName),
      metrics: () => metrics.metrics(),
      openApi,
      events: ({ request }) => eventsReply(feed, request),
    },
    secrets: () => ({ token, cookieName: cookieName(), isSignedIn: (value) => pages.isOpen(value) }),
    log: log.logger,
    ...(shell === undefined ? {} : { shell }),
  });
  return withOpenAiErrors(answer);
}

/** Made when somebody asks: nobody does but people who write a client. */
const openApi = async (): Promise<Response> =>
  jsonReply((await import('./contract/openapi/document.ts')).openApiDocument());

const eventsReply = (feed: EventFeed<ApiEvent>, request: Request): Response =>
  new Response(feed.open(request.headers.get('last-event-id') ?? undefined, !isTray(request)), {
    headers: { ...SAFE_HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
  });

const isTray = ({ headers }: Request): boolean => headers.get(TRAY_CLIENT.header) === TRAY_CLIENT.value;

const loadsOf = ({ control, events, clock }: LocalApiDeps): Loads =>
  createLoads({ control, events, now: () => clock.now() });
