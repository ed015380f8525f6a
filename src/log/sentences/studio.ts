import { duration, own, type Sentences, text } from './text.ts';

/** The embedded studio's side of what happens between it and its workers. */
export const STUDIO_SENTENCES = {
  'studio.started': own((f) => `serving at ${text(f.url)}, data in ${text(f.dataDir)}, as studio ${text(f.studioId)}`),
  'operator-token.made-private': own(
    (f) => `others could read the operator token in ${text(f.path)}; its permissions have been corrected`,
  ),
  'studio.exposed': own(
    (f) => `other machines reach ${text(f.host)}, and tokens travel in the clear: put a TLS proxy in front`,
  ),
  'studio.not-ready': own((f) => `not ready for requests: ${text(f.because)}`),
  'studio.ready-again': own(() => 'ready for requests again'),
  'studio.stopping': own(() => 'stopping'),
  'studio.moved': own((f) => `${text(f.error)}; this studio is stopping`),
  'studio.news-lost': own(
    (f) => `the other studios were not notified of this (${text(f.is)}) and will notice it later: ${text(f.error)}`,
  ),
  'retention.removed': own((f) => `removed ${text(f.artifacts)} artifacts that were kept long enough`),
  'uploads.aborted': own(
    (f) => `ended ${text(f.uploads)} uploads to the bucket that killed studios had left unfinished`,
  ),
  'uploads.sweep-failed': own((f) => `could not look for unfinished uploads in the bucket: ${text(f.error)}`),
  'retention.failed': own((f) => `could not remove old artifacts: ${text(f.error)}`),
  'audit.not-expired': own((f) => `could not remove old entries of the audit log: ${text(f.error)}`),
  'studio.failed': own((f) => `an internal task failed: ${text(f.error)}`),
  'request.failed': own((f) => `a request for ${text(f.path)} failed: ${text(f.error)}`),
  'registration.requested': own((f) => `${text(f.machine)} asks to join (request ${text(f.requestId)})`),
  'registration.rejected': own((f) => `request ${text(f.requestId)} was rejected`),
  'worker.approved': own((f) =>
    f.by === 'operator' ? `${text(f.workerId)} was approved` : `${text(f.workerId)} joined with a bootstrap token`,
  ),
  'project.added': own((f) => `project ${text(f.project)} was added`),
  'project.changed': own((f) => `the limits of project ${text(f.project)} changed`),
  'project.removed': own((f) => `project ${text(f.project)} was removed`),
  'token.created': own((f) => `token ${text(f.id)} was created for project ${text(f.project)}`),
  'token.revoked': own((f) => `token ${text(f.id)} was revoked`),
  'worker.removed': own((f) => `${text(f.workerId)} was removed`),
  'session.welcomed': own((f) => `${text(f.workerId)} connected`),
  'session.refused': own((f) => `refused a session of ${text(f.workerId)}: ${text(f.because)}`),
  'session.stale': own((f) => `ended the session of ${text(f.workerId)}: no heartbeat for ${duration(f.silentMs)}`),
  'session.failed': own((f) => `the session of ${text(f.workerId)} failed: ${text(f.error)}`),
  'session.closed': own((f) => `${text(f.workerId)} disconnected (code ${text(f.code)})`),
  'frame.ignored': own((f) => `ignoring a ${text(f.type)} frame from ${text(f.workerId)}`),
  'job.queued': own((f) => `queued job ${text(f.jobId)}: ${text(f.kind)} with ${text(f.model)}`),
  'job.completed': own((f) => `${text(f.workerId)} completed job ${text(f.jobId)}`),
  'job.failed': own(
    (f) => `job ${text(f.jobId)} failed on ${text(f.workerId)} (attempt ${text(f.attempts)}): ${text(f.error)}`,
  ),
  'job.expired': own((f) => `job ${text(f.jobId)} failed: ${text(f.because)}`),
  'job.lost': own((f) => `${text(f.workerId)} lost job ${text(f.jobId)}: ${text(f.because)}`),
  'job.resumed': own((f) => `${text(f.workerId)} resumed job ${text(f.jobId)}`),
  'webhook.added': own((f) => `webhook ${text(f.webhookId)} was added: ${text(f.url)}`),
  'webhook.enabled': own((f) => `webhook ${text(f.webhookId)} is enabled again: ${text(f.url)}`),
  'webhook.removed': own((f) => `webhook ${text(f.webhookId)} was removed: ${text(f.url)}`),
  'webhook.retried': own(
    (f) =>
      `could not tell ${text(f.url)} of job ${text(f.jobId)} (attempt ${text(f.attempts)}): ${text(f.error)}; next in ${duration(f.inMs)}`,
  ),
  'webhook.failed': own(
    (f) =>
      `gave up telling ${text(f.url)} of job ${text(f.jobId)} after ${text(f.attempts)} attempts: ${text(f.error)}`,
  ),
  'webhook.disabled': own((f) => `${text(f.url)} answered 410: its webhook is disabled`),
  'offer.accepted': own((f) => `${text(f.workerId)} accepted job ${text(f.jobId)}`),
  'offer.rejected': own((f) => `${text(f.workerId)} rejected job ${text(f.jobId)}: ${text(f.because)}`),
  'offer.expired': own((f) => `${text(f.workerId)} did not answer the offer of job ${text(f.jobId)}`),
} satisfies Sentences;
