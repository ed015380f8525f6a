import { WorkerError, type ErrorCode } from '../base/errors.ts';
import { quoted } from '../base/foreign-text.ts';
import { isTransientStatus } from '../base/http-answer.ts';
import { shownUrl } from '../base/urls.ts';
import { HOUR_MS, MIB, SECOND_MS } from '../base/units.ts';
import { OperatorErrorSchema } from '../contract/operator/errors.ts';
import {
  ApprovalAnswerSchema,
  type BootstrapTokenView,
  BootstrapTokenViewSchema,
  LogPageSchema,
  type LogLine,
  type ModelDraft,
  ModelListSchema,
  type ModelView,
  ModelViewSchema,
  RegistrationListSchema,
  type RegistrationView,
  StatusViewSchema,
  type StatusView,
  WorkerListSchema,
  type WorkerView,
} from '../contract/operator/views.ts';
import { writeJson } from '../contract/json.ts';
import { type Read, readJson } from '../contract/read.ts';
import { type OperatorRoute, OPERATOR_ROUTES as routes, pathTo } from '../contract/operator/routes.ts';
import { DASHBOARD_ROUTES, DashboardCodeSchema, dashboardUrl } from '../contract/page/dashboard.ts';
import { studioBase, studioUrl } from '../contract/routes.ts';
import { type AccountsClient, accountsClient, type About, type Asking } from './accounts.ts';
import { type JobsClient, jobsClient } from './jobs.ts';
import type { Http, HttpResponse } from '../system/net/http.ts';
import { webhookClient, type WebhookClient } from './webhooks.ts';

/*
 * One method for each route that an operator may call. They are alike and long only in number; what an answer means, whom
 * it asks to act and how much of it is read is decided once, below them.
 */

/** The operator's side of a studio. Every call throws `studio.*`, with the studio's own message where it sent one. */
export interface OperatorClient extends JobsClient, AccountsClient, WebhookClient {
  /** The studio at a glance. */
  status(): Promise<StatusView>;
  /** Lines of the workers' logs after that one, oldest first: the first of them, or the newest. */
  logs(query: LogSearch): Promise<readonly LogLine[]>;
  /** Workers that wait for approval. */
  registrations(): Promise<readonly RegistrationView[]>;
  /** Returns the new worker's id. */
  approve(requestId: string): Promise<string>;
  /** Rejects a waiting worker; the reason is shown to its operator. */
  reject(requestId: string, reason: string): Promise<void>;
  workers(): Promise<readonly WorkerView[]>;
  /** Removes a worker; its session ends, and it has to register anew. */
  removeWorker(workerId: string): Promise<void>;
  /** @throws WorkerError `studio.refused` when the id is taken */
  addModel(draft: ModelDraft): Promise<ModelView>;
  /** @throws WorkerError `studio.not-found` when there is none of that id */
  replaceModel(draft: ModelDraft): Promise<ModelView>;
  models(): Promise<readonly ModelView[]>;
  removeModel(modelId: string): Promise<void>;
  /** A bootstrap token with which one worker joins without waiting for approval. */
  createBootstrapToken(): Promise<BootstrapTokenView>;
  /** An address that opens the studio's page once, within ten minutes. */
  pageUrl(): Promise<string>;
  /** The bytes a finished job delivered. */
  artifact(jobId: string): Promise<Uint8Array>;
}

export interface LogSearch {
  readonly workerId: string | undefined;
  readonly after: number;
  readonly limit: number;
  readonly newest?: boolean;
}

interface ClientOptions {
  readonly http: Http;
  /** The studio's base URL, with or without the API prefix. */
  readonly url: string;
  readonly token: string;
}

/** The studio answers at once or not at all: its work is queued, never waited for. */
const STALL_MS = 15 * SECOND_MS;
/** A page of five hundred jobs with long prompts. */
const MAX_BODY_BYTES = 32 * MIB;
/** The studio takes no larger artifact. */
const MAX_ARTIFACT_BYTES = 512 * MIB;
/** Half a gigabyte over a slow link is no fault of the studio; a stall is noticed sooner. */
const ARTIFACT_MS = 4 * HOUR_MS;
/** A client for one studio. Nothing is sent before the first call. */
export function createOperatorClient(options: ClientOptions): OperatorClient {
  const call: Asking['call'] = async (route, about) => textOf(await exchange(options, { route, ...about }));

  return {
    ...jobsClient({ call, trusted }),
    ...accountsClient({ call, trusted }),
    ...webhookClient({ call, trusted }),
    status: async () => trusted(readJson(StatusViewSchema, await call(routes.status))),
    logs: async (choice) =>
      trusted(readJson(LogPageSchema, await call(routes.logs, { query: logQuery(choice) }))).lines,
    registrations: async () =>
      trusted(readJson(RegistrationListSchema, await call(routes.registrations))).registrations,
    approve: async (requestId) =>
      trusted(readJson(ApprovalAnswerSchema, await call(routes.approve, { id: requestId }))).workerId,
    reject: async (requestId, reason) => void (await call(routes.reject, { id: requestId, body: { reason } })),
    removeWorker: async (workerId) => void (await call(routes.removeWorker, { id: workerId })),
    replaceModel: async (draft) =>
      trusted(readJson(ModelViewSchema, await call(routes.replaceModel, { id: draft.id, body: draft }))),
    workers: async () => trusted(readJson(WorkerListSchema, await call(routes.workers))).workers,
    addModel: async (draft) => trusted(readJson(ModelViewSchema, await call(routes.addModel, { body: draft }))),
    models: async () => trusted(readJson(ModelListSchema, await call(routes.models))).models,
    removeModel: async (modelId) => void (await call(routes.removeModel, { id: modelId })),
    createBootstrapToken: async () =>
      trusted(readJson(BootstrapTokenViewSchema, await call(routes.createBootstrapToken))),
    pageUrl: async () => pageUrlOf(options.url, await call(DASHBOARD_ROUTES.codes)),
    artifact: async (jobId) =>
      (
        await exchange(options, {
          route: routes.artifact,
          id: jobId,
          maxBytes: MAX_ARTIFACT_BYTES,
          answerMs: ARTIFACT_MS,
        })
      ).body,
  };
}

/** The address of a studio's page, with the code that it made. */
function pageUrlOf(url: string, answer: string): string {
  const { code } = trusted(readJson(DashboardCodeSchema, answer));
  return dashboardUrl(studioBase(url) ?? url, code);
}

const logQuery = ({ workerId, after, limit, newest }: LogSearch): URLSearchParams =>
  new URLSearchParams({
    after: String(after),
    limit: String(limit),
    ...(workerId !== undefined && { workerId }),
    ...(newest === true && { newest: 'yes' }),
  });

/** One question to the operator API. */
interface Exchange extends About {
  readonly route: OperatorRoute;
  readonly maxBytes?: number;
  /** Left out where the answer is short. */
  readonly answerMs?: number;
}

const textOf = (response: HttpResponse): string => new TextDecoder().decode(response.body);

/** Segments that a URL drops, in any spelling: the request would be about something else. */
const hasDots = (path: string): boolean => /\/\.{0,2}(?:\/|$)/.test(path);

/** A good answer; any other throws. */
async function exchange({ http, url, token }: ClientOptions, asked: Exchange): Promise<HttpResponse> {
  const { route, id, query, body, maxBytes = MAX_BODY_BYTES, answerMs } = asked;
  const path = pathTo(route, id);
  if (hasDots(path)) {
    throw new WorkerError('studio.not-found', 'an id that is empty, . or .. names nothing', {
      hint: 'Give an id as the command `list` of the same group prints it, or the beginning of one.',
    });
  }
  const target = studioUrl(url, query === undefined ? path : `${path}?${query}`);
  if (target === undefined) {
    throw new WorkerError(
      'cli.usage',
      `--url is ${quoted(shownUrl(url))}; allowed: a URL that starts with https:// or http://`,
      { hint: 'Give the address that the studio prints when it starts.' },
    );
  }
  const request = {
    method: route.method,
    url: target,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: [new TextEncoder().encode(writeJson(body))] }),
    stallMs: STALL_MS,
    maxBodyBytes: maxBytes,
    ...(answerMs === undefined ? {} : { answerMs }),
  };
  const response = await http.request(request).catch((thrown: unknown) => {
    throw ofStudio(thrown);
  });
  if (response.status >= 200 && response.status < 300) return response;
  throw refusal(response.status, readJson(OperatorErrorSchema, textOf(response)));
}

/** A failed request, as a failure to reach this studio. */
function ofStudio(thrown: unknown): unknown {
  if (!(thrown instanceof WorkerError) || thrown.code !== 'http.unreachable') return thrown;
  const hint =
    'Check that it runs and that this machine reaches it. `studio-worker studio` starts one here; `--url` names another.';
  return new WorkerError('studio.unreachable', thrown.message, { cause: thrown.cause, fields: thrown.fields, hint });
}

/** An error answer with the studio's own message where it sent one, sorted by who can act on it. */
function refusal(status: number, answer: Read<{ readonly error: string; readonly message: string }>): WorkerError {
  const message = answer.is === 'read' ? answer.value.message : `the studio answered ${status}`;
  const hint = (answer.is === 'read' ? LIMIT_HINTS[answer.value.error] : undefined) ?? HINTS[status];
  return new WorkerError(codeFor(status), message, { fields: { status }, ...(hint !== undefined && { hint }) });
}

const TOKEN_HINT = 'Give a token of this studio that may, with --token-file or STUDIO_WORKER_STUDIO_TOKEN.';
/** What an operator can do about an answer, by its status. */
const HINTS: Readonly<Record<number, string | undefined>> = {
  401: TOKEN_HINT,
  403: TOKEN_HINT,
  409: 'See how it stands with `studio-worker studio models list`, `projects list`, `jobs list` or `workers list`.',
};
/** About limits of projects, by the studio's own code. */
const LIMIT_HINTS: Readonly<Record<string, string | undefined>> = {
  'limit-reached': 'See `studio-worker studio projects show`; the operator raises limits with `projects set`.',
  'rate-limited': 'Wait for the next day, or have the operator raise the limit with `studio projects set`.',
};

/** What passes by itself is as good as no answer; any other 4xx is for the operator to act on. */
function codeFor(status: number): ErrorCode {
  if (status === 404) return 'studio.not-found';
  if (status === 429) return 'studio.refused'; // a day's limit: nobody waits for its end
  if (isTransientStatus(status)) return 'studio.unreachable';
  return status >= 400 ? 'studio.refused' : 'studio.invalid';
}

/** An invalid response is the studio's fault, not the operator's. */
function trusted<T>(answer: Read<T>): T {
  if (answer.is === 'read') return answer.value;
  throw new WorkerError('studio.invalid', `the studio returned an invalid response: ${answer.problem}`, {
    hint: 'Check that --url names a studio with an operator API of this version.',
  });
}
