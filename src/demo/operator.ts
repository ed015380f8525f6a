import { WorkerError } from '../base/errors.ts';
import { MINUTE_MS } from '../base/units.ts';
import {
  ADMIN_ROUTES,
  AdminErrorSchema,
  ApprovalAnswerSchema,
  type JobView,
  JobViewSchema,
  RegistrationListSchema,
  type RegistrationView,
} from '../contract/admin.ts';
import { writeJson } from '../contract/json.ts';
import { type Read, readJson } from '../contract/read.ts';
import { studioUrl } from '../contract/routes.ts';
import type { Http, HttpRequest, HttpResponse } from '../system/http.ts';

/** What the demonstration does on the studio's side, through the same API an operator uses. */
export interface Operator {
  registrations(): Promise<readonly RegistrationView[]>;
  approve(requestId: string): Promise<void>;
  createJob(draft: Readonly<Record<string, unknown>>): Promise<JobView>;
  job(jobId: string): Promise<JobView>;
  artifact(jobId: string): Promise<Uint8Array>;
}

const STALL_MS = MINUTE_MS;
const ARTIFACT_MAX_BYTES = 512 * 1024 * 1024;

/** @throws WorkerError `studio.unreachable` | `studio.refused` | `studio.invalid` from every call */
export function createOperator(options: { http: Http; url: string; token: string }): Operator {
  const { http, url, token } = options;

  async function call(method: HttpRequest['method'], route: string, body?: unknown): Promise<HttpResponse> {
    const target = studioUrl(url, route);
    if (target === undefined) throw new WorkerError('studio.invalid', `${url} is not a studio's address`);
    const answer = await http.request({
      method,
      url: target,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : JSON_BODY) },
      ...(body === undefined ? {} : { body: [new TextEncoder().encode(writeJson(body))] }),
      stallMs: STALL_MS,
      maxBodyBytes: ARTIFACT_MAX_BYTES,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    const refusal = readJson(AdminErrorSchema, textOf(answer));
    const why = refusal.is === 'read' ? refusal.value.message : answer.statusText;
    throw new WorkerError('studio.refused', `${method} ${route}: ${answer.status} ${why}`);
  }

  async function ask<T>(
    read: (text: string) => Read<T>,
    method: HttpRequest['method'],
    route: string,
    body?: unknown,
  ): Promise<T> {
    const answer = read(textOf(await call(method, route, body)));
    if (answer.is === 'read') return answer.value;
    throw new WorkerError('studio.invalid', `${method} ${route}: ${answer.problem}`);
  }

  return {
    registrations: async () => (await ask(readRegistrations, 'GET', ADMIN_ROUTES.registrations)).registrations,
    approve: async (requestId) => void (await ask(readApproval, 'POST', ADMIN_ROUTES.approve(requestId))),
    createJob: (draft) => ask(readJob, 'POST', ADMIN_ROUTES.jobs, draft),
    job: (jobId) => ask(readJob, 'GET', ADMIN_ROUTES.job(jobId)),
    artifact: async (jobId) => (await call('GET', ADMIN_ROUTES.artifact(jobId))).body,
  };
}

const readRegistrations = (text: string) => readJson(RegistrationListSchema, text);
const readApproval = (text: string) => readJson(ApprovalAnswerSchema, text);
const readJob = (text: string) => readJson(JobViewSchema, text);

const JSON_BODY = { 'content-type': 'application/json' };
const textOf = (answer: HttpResponse): string => new TextDecoder().decode(answer.body);
