/*
 * Everything about the error tracker in one file, because it is the one place that may name its SDK. The SDK's usual way
 * in, `init`, would set a global hub, patch fetch and the console, listen for uncaught errors and collect the context of
 * requests. A client and a scope of our own do none of that, which is why there is nothing here to switch off.
 */
import type * as Sentry from '@sentry/bun';
import { errorChain, WorkerError } from '../base/errors.ts';
import { SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';
import type { Http } from '../system/net/http.ts';
import type { LogEvent, LogSink } from './logger.ts';
import type { Redactor } from './redact.ts';
import { toLogEntry } from './message.ts';
import { withoutPrompts } from './without-prompts.ts';

export interface SentryOptions {
  /** Where events go, with the key that allows it. Learnt by the redactor. */
  readonly dsn: string;
  /** `production` unless given. */
  readonly environment?: string;
  /** `studio-worker@<version>`. */
  readonly release: string;
  /** The name of this machine. */
  readonly serverName: string;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly http: Http;
  readonly redactor: Redactor;
}

/** Reports failures to the maintainers, when the operator asked for it. */
export interface ErrorTracker {
  /** Errors become events; the warnings before them go along as breadcrumbs. Nothing else is kept. */
  readonly sink: LogSink;
  /** For what nothing caught. Capture it or log it as an error, not both. Changes nothing about how the process ends. */
  captureUncaught(thrown: unknown): void;
  /** Sends what is held. Settles within `timeoutMs`, then aborts what is still under way, so that nothing holds up an exit. */
  flush(timeoutMs: number): Promise<void>;
}

const STALL_MS = 10 * SECOND_MS;
const BREADCRUMBS = 50;
/** A chain of causes longer than this explains nothing more. */
const MAX_CAUSES = 8;

type Sdk = typeof Sentry;

/**
 * Loads the SDK and connects to the error tracker. The client is ours alone: no global hub, no integrations, no
 * handlers for uncaught errors or exits, no tracing, no sessions; and every byte passes the redactor on its way out.
 *
 * @throws WorkerError `config.invalid` when the DSN is none
 */
export async function startSentry(options: SentryOptions): Promise<ErrorTracker> {
  assertDsn(options.dsn);
  options.redactor.learn(options.dsn);
  const sdk = await import('@sentry/bun');
  const sending = new RenewableAbort();
  const client = createClient(sdk, options, sending);
  const scope = new sdk.Scope();
  scope.setClient(client);
  return {
    sink: (event) => {
      if (event.level === 'error') client.captureEvent(toSentryEvent(sdk, event), {}, scope);
      else if (event.level === 'warn') leaveBreadcrumb(scope, event);
    },
    captureUncaught: (thrown) => {
      const { clock, redactor } = options;
      client.captureEvent(uncaughtEvent(sdk, redactor.redact({ thrown }).thrown, clock.now()), {}, scope);
    },
    flush: async (timeoutMs) => {
      await within(timeoutMs, options.clock, client.flush(timeoutMs));
      sending.abort();
    },
  };
}

/** A signal for requests under way that can be renewed: what is captured after a flush may still be sent. */
class RenewableAbort {
  #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
  }
}

function createClient(sdk: Sdk, options: SentryOptions, sending: RenewableAbort): Sentry.BunClient {
  const { dsn, environment = 'production', release, serverName, http, redactor } = options;
  return new sdk.BunClient({
    dsn,
    environment,
    release,
    serverName,
    // No integration: each of the default ones reads or patches something that is none of its business here.
    integrations: [],
    stackParser: sdk.defaultStackParser,
    sendClientReports: false,
    // The streaming life cycle would add an integration of its own for spans we never make.
    traceLifecycle: 'static',
    dataCollection: { userInfo: false, cookies: false, httpHeaders: false, httpBodies: [], urlQueryParams: false },
    // Our own HTTP: it honours the proxy, and a request under way can be cut, so that it never holds up an exit.
    transport: (transport) =>
      sdk.createTransport(transport, async ({ body }) => {
        const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
        const response = await http.request({
          method: 'POST',
          url: transport.url,
          headers: { ...transport.headers, 'content-type': 'application/x-sentry-envelope' },
          body: [new TextEncoder().encode(redactor.redactText(text))],
          stallMs: STALL_MS,
          signal: sending.signal,
        });
        return {
          statusCode: response.status,
          headers: {
            'x-sentry-rate-limits': response.headers['x-sentry-rate-limits'] ?? null,
            'retry-after': response.headers['retry-after'] ?? null,
          },
        };
      }),
  });
}

/** The SDK prints a DSN it cannot read, key and all; so it never gets to see one. */
function assertDsn(dsn: string): void {
  const url = URL.parse(dsn);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username !== '' && /\/\d+$/.test(url.pathname)) return;
  throw new WorkerError('config.invalid', 'SENTRY_DSN is not a Sentry DSN', {
    hint: 'Copy the DSN from the project settings (https://<key>@<host>/<number>), or unset SENTRY_DSN.',
  });
}

/** One event per kind of failure, not per wording: grouped by area, name and code. */
function toSentryEvent(sdk: Sdk, event: LogEvent): Sentry.Event {
  const { stack, ...fields } = withoutPrompts(event.fields);
  const code = typeof fields.code === 'string' ? { code: fields.code } : {};
  const message = toLogEntry({ ...event, fields })?.message ?? event.event;
  return {
    level: 'error',
    message,
    timestamp: event.at / SECOND_MS,
    tags: { area: event.area, event: event.event, ...code },
    fingerprint: [event.area, event.event, ...Object.values(code)],
    extra: fields,
    ...(typeof stack === 'string' ? { exception: { values: [exceptionOf(sdk, event.event, message, stack)] } } : {}),
  };
}

function leaveBreadcrumb(scope: Sentry.Scope, event: LogEvent): void {
  const data = withoutPrompts(event.fields);
  const message = toLogEntry({ ...event, fields: data })?.message ?? event.event;
  const crumb: Sentry.Breadcrumb = {
    level: 'warning',
    category: event.area,
    message,
    data,
    timestamp: event.at / SECOND_MS,
  };
  scope.addBreadcrumb(crumb, BREADCRUMBS);
}

type SentryException = NonNullable<NonNullable<Sentry.Event['exception']>['values']>[number];

const exceptionOf = (sdk: Sdk, type: string, value: string, stack: string): SentryException => ({
  type,
  value,
  stacktrace: { frames: sdk.defaultStackParser(stack) },
});

/** The error and its causes, innermost first as the tracker wants them. */
function uncaughtEvent(sdk: Sdk, thrown: unknown, at: number): Sentry.Event {
  const values: SentryException[] = [];
  for (let error = thrown; isErrorLike(error) && values.length < MAX_CAUSES; error = error.cause) {
    values.unshift(exceptionOf(sdk, error.name, error.message, error.stack ?? ''));
  }
  const outermost = values.at(-1);
  if (outermost !== undefined) outermost.mechanism = { type: 'generic', handled: false };
  return {
    level: 'fatal',
    timestamp: at / SECOND_MS,
    ...(outermost === undefined ? { message: errorChain(thrown) } : { exception: { values } }),
  };
}

/** An error, or what the redactor made of one. */
type ErrorLike = {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
};
const isErrorLike = (value: unknown): value is ErrorLike =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'message' in value &&
  typeof value.message === 'string' &&
  (!('stack' in value) || value.stack === undefined || typeof value.stack === 'string');

/** Settles with the work, or after the time, whichever is first. Leaves no timer behind. */
async function within(ms: number, clock: Pick<Clock, 'after'>, work: PromiseLike<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(ms, late.resolve);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
