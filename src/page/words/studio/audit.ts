import type { AuditAction, AuditActor } from '../../../contract/operator/audit.ts';

const ACTIONS: Readonly<Record<AuditAction, string>> = {
  'job.created': 'Job created',
  'job.changed': 'Job changed',
  'job.cancelled': 'Job cancelled',
  'job.retried': 'Job retried',
  'worker.approved': 'Worker approved',
  'worker.rejected': 'Worker rejected',
  'worker.invited': 'Worker invited',
  'worker.removed': 'Worker removed',
  'model.added': 'Model added',
  'model.replaced': 'Model replaced',
  'model.removed': 'Model removed',
  'project.added': 'Project added',
  'project.changed': 'Project changed',
  'project.removed': 'Project removed',
  'token.added': 'Token created',
  'token.removed': 'Token revoked',
  'webhook.added': 'Webhook added',
  'webhook.removed': 'Webhook removed',
  'webhook.enabled': 'Webhook enabled',
  'webhook.retried': 'Delivery retried',
  'artifact.expired': 'Result expired',
  'audit.expired': 'Entries expired',
};
const ACTORS: Readonly<Record<AuditActor, string>> = {
  operator: 'Operator token',
  dashboard: 'Dashboard',
  token: 'Token',
  'bootstrap-token': 'Bootstrap token',
  studio: 'Studio',
};

/** Who changed what in a studio. */
export const AUDIT = {
  /** By the names of the contract; a newer studio may write others, which stand as they are. */
  actions: new Map<string, string>(Object.entries(ACTIONS)),
  actors: new Map<string, string>(Object.entries(ACTORS)),
  list: 'Audit log',
  none: { title: 'No entries yet', say: 'Every change is written down here, with who made it and from where.' },
  by: (actor: string, name: string | undefined) => (name === undefined ? actor : `${actor} ${name}`),
  from: (address: string) => `from ${address}`,
  inProject: (project: string) => `project ${project}`,
  detail: (name: string, value: string) => `${name} ${value}`,
  older: 'Show older entries',
} as const;
