import type { Scope } from './tokens.ts';

/*
 * The routes of the operator API, below the API prefix: what the studio serves, whom it lets in there, and what the command
 * line and the page call. Bodies and answers stand in each comment; their schemas are in this folder. The dashboard's
 * own are in `page/dashboard.ts`.
 */

/** One route. */
export interface OperatorRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for what a request is about. */
  readonly path: string;
  /** Tokens of projects with this scope may call it, too; the operator alone when left out. */
  readonly scope?: Scope;
  /** Answers at the root, too, where monitoring systems look for it. */
  readonly atRoot?: true;
}

export const OPERATOR_ROUTES = {
  /** StatusView */
  status: { method: 'GET', path: '/admin/status' },
  /** The figures of the studio, in the text format of Prometheus */
  metrics: { method: 'GET', path: '/metrics', scope: 'metrics', atRoot: true },
  /** RegistrationList */
  registrations: { method: 'GET', path: '/admin/registrations' },
  /** ApprovalAnswer */
  approve: { method: 'POST', path: '/admin/registrations/:id/approve' },
  /** RejectionDraft → 204 */
  reject: { method: 'POST', path: '/admin/registrations/:id/reject' },
  /** 201 BootstrapTokenView */
  createBootstrapToken: { method: 'POST', path: '/admin/bootstrap-tokens' },
  /** WorkerList */
  workers: { method: 'GET', path: '/admin/workers' },
  /** 204; its session ends with close code 4004 */
  removeWorker: { method: 'DELETE', path: '/admin/workers/:id' },
  /** ModelList */
  models: { method: 'GET', path: '/admin/models' },
  /** ModelDraft → 201 ModelView */
  addModel: { method: 'POST', path: '/admin/models' },
  /** ModelView */
  model: { method: 'GET', path: '/admin/models/:id' },
  /** ModelDraft → ModelView */
  replaceModel: { method: 'PUT', path: '/admin/models/:id' },
  /** 204 */
  removeModel: { method: 'DELETE', path: '/admin/models/:id' },
  /** JobQuery → JobList */
  jobs: { method: 'GET', path: '/admin/jobs', scope: 'read' },
  /** JobDraft → 201 JobView */
  createJob: { method: 'POST', path: '/admin/jobs', scope: 'create' },
  /** JobView */
  job: { method: 'GET', path: '/admin/jobs/:id', scope: 'read' },
  /** JobChange → JobView; 409 when that is too late */
  changeJob: { method: 'PATCH', path: '/admin/jobs/:id', scope: 'operate' },
  /** JobView; 409 unless it failed or was cancelled */
  retryJob: { method: 'POST', path: '/admin/jobs/:id/retry', scope: 'operate' },
  /** JobView; 409 when it has ended */
  cancelJob: { method: 'POST', path: '/admin/jobs/:id/cancel', scope: 'operate' },
  /** The artifact's bytes under its own content type; 404 while there is none */
  artifact: { method: 'GET', path: '/admin/jobs/:id/artifact', scope: 'read' },
  /** AttemptList */
  attempts: { method: 'GET', path: '/admin/jobs/:id/attempts', scope: 'read' },
  /** WhyView */
  why: { method: 'GET', path: '/admin/jobs/:id/why' },
  /** LogQuery → LogPage */
  logs: { method: 'GET', path: '/admin/logs' },
  /** ProjectList */
  projects: { method: 'GET', path: '/admin/projects' },
  /** ProjectDraft → 201 ProjectView; 409 when the name is taken */
  addProject: { method: 'POST', path: '/admin/projects' },
  /** ProjectView */
  project: { method: 'GET', path: '/admin/projects/:name', scope: 'read' },
  /** ProjectLimits → ProjectView */
  changeProject: { method: 'PATCH', path: '/admin/projects/:name' },
  /** ProjectRemoval → 204; 409 while jobs are open unless `?force=yes` */
  removeProject: { method: 'DELETE', path: '/admin/projects/:name' },
  /** TokenList */
  tokens: { method: 'GET', path: '/admin/tokens' },
  /** TokenDraft → 201 NewTokenView */
  createToken: { method: 'POST', path: '/admin/tokens' },
  /** 204; it opens nothing from then on */
  revokeToken: { method: 'DELETE', path: '/admin/tokens/:id' },
  /** AuditQuery → AuditPage */
  audit: { method: 'GET', path: '/admin/audit' },
  /** WebhookList */
  webhooks: { method: 'GET', path: '/admin/webhooks' },
  /** WebhookDraft → 201 CreatedWebhook */
  addWebhook: { method: 'POST', path: '/admin/webhooks' },
  /** 204; what was not delivered is given up */
  removeWebhook: { method: 'DELETE', path: '/admin/webhooks/:id' },
  /** WebhookView; 409 unless it is disabled */
  enableWebhook: { method: 'POST', path: '/admin/webhooks/:id/enable' },
  /** WebhookTest */
  testWebhook: { method: 'POST', path: '/admin/webhooks/:id/test' },
  /** WebhookSecret: signs for the webhooks of single jobs */
  webhookSecret: { method: 'GET', path: '/admin/webhooks/secret' },
  /** DeliveryQuery → DeliveryList */
  deliveries: { method: 'GET', path: '/admin/webhooks/deliveries' },
  /** DeliveryView; 409 when it is under way or was delivered */
  retryDelivery: { method: 'POST', path: '/admin/webhooks/deliveries/:id/retry' },
} as const satisfies Readonly<Record<string, OperatorRoute>>;

/** The path of a request that is about this id, which is escaped. For `studioUrl`. */
export const pathTo = ({ path }: Pick<OperatorRoute, 'path'>, id = ''): string =>
  path.replace(/:\w+/, encodeURIComponent(id));
