import { duration, ifKnown, lengthOf, list, own, type Sentences, text } from './text.ts';

/** Starting, stopping, registration, config and delivery, in words of our own. */
export const WORKER_SENTENCES = {
  'worker.started': own(
    (f) =>
      `studio-worker ${text(f.version)} for ${text(f.studio)}: ${text(f.registration)}, claiming ${text(f.claiming)}, ` +
      `threshold ${text(f.vramThresholdGb)} GiB, config ${text(f.configPath)}`,
  ),
  'worker.already-running': own(
    (f) => `another worker (pid ${text(f.pid)}) is already running in this folder: ${text(f.configPath)}`,
  ),
  'worker.refused': own(
    (f) => `the worker ends, as the studio refused its session (${text(f.code)}): ${text(f.reason)}. ${text(f.remedy)}`,
  ),
  'worker.restarting': own(() => 'restarting, as the operator asked'),
  'lines.collapsed': own((f) => `${text(f.count)} more "${text(f.repeated)}" in the last ${duration(f.durationMs)}`),
  'worker.stopped': own(() => 'stopped'),
  'stop.requested': own((f) => {
    const [first, ...others] = list(f.jobIds);
    if (first === undefined) return 'stopping';
    const [jobs, them] =
      others.length === 0 ? [`job ${first} has`, 'it'] : [`jobs ${list(f.jobIds).join(', ')} have`, 'them'];
    return `stopping: ${jobs} ${duration(f.graceMs)} to finish; another signal hands ${them} back to the studio`;
  }),
  'stop.failed': own((f) => `a part of the worker did not end cleanly: ${text(f.error)}`),
  'login.not-synced': own((f) => `cannot change what starts at a login: ${text(f.error)}`),
  'notice.not-shown': own((f) => `the desktop shows no notification: ${text(f.error)}`),
  'log.no-file': own((f) => `cannot log to a file, so the log stays on stderr: ${text(f.error)}`),
  'tray.shown': own(() => 'the icon is in the tray'),
  'tray.hidden': own((f) => `no tray shows the icon: ${text(f.because)}`),
  'tray.failed': own((f) => `the tray icon's action "${text(f.action)}" failed: ${text(f.error)}`),
  'tray.no-worker': own((f) => `the icon has no worker to show: ${text(f.error)}`),
  'tray.worker-revived': own((f) => `the worker crashed, and is started again (start ${text(f.starts)} in a row)`),
  'tray.worker-stays': own(() => 'the worker did not stop in time, and keeps running without its icon'),
  'local-api.started': own((f) => `the local API listens at ${text(f.url)}`),
  'local-api.port-taken': own((f) => `port ${text(f.port)} is taken: the local API listens at ${text(f.url)}`),
  'local-api.unavailable': own(
    (f) => `windows and commands cannot reach this worker: its local API ${text(f.problem)}: ${text(f.error)}`,
  ),
  'local-api.failed': own((f) => `the local API failed at ${text(f.path)}: ${text(f.error)}`),
  'catalogue.broken': own(
    (f) =>
      `the model catalogue is broken (${text(f.because)}); it was moved to ${text(f.aside)}, and a new, empty one is used`,
  ),
  'catalogue.unreadable': own(
    (f) => `the model catalogue ${text(f.path)} cannot be read, and is left alone: ${text(f.because)}`,
  ),
  'catalogue.not-saved': own((f) => `the model catalogue was not saved: ${text(f.error)}`),
  'condition.changed': own(
    (f) => `${text(f.because)}: ${f.isMet === true ? 'offers are accepted' : 'offers are rejected'}`,
  ),
  'presence.changed': own((f) =>
    f.presence === 'idle'
      ? `nobody is using this machine (${text(f.source)}): offers are accepted`
      : `this machine is in use (${text(f.source)}): offers are rejected until it is idle`,
  ),
  'presence.unknown': own(
    (f) => `only_when_idle is set, but user activity is unknown: offers are rejected (${text(f.reasons)})`,
  ),
  'listener.failed': own((f) => `a listener of worker events failed: ${text(f.error)}`),
  'tracker.unavailable': own((f) => `errors are not reported to Sentry: ${text(f.error)}`),
  'cache.moved': own(
    (f) => `native files go to ${text(f.to)} instead of ${text(f.from)} (${text(f.because)}). ${text(f.hint)}`,
  ),
  'scratch.removed': own((f) => `removed the temporary folder ${text(f.folder)} of a worker that has ended`),

  'registration.requested': own((f) => `asked the studio to approve this worker (request ${text(f.requestId)})`),
  'registration.pending': own((f) => `checking whether request ${text(f.requestId)} was approved`),
  'registration.approved': own((f) => `approved as ${text(f.workerId)}`),
  'registration.rejected': own((f) => `the studio rejected this worker: ${text(f.reason)}. ${text(f.remedy)}`),
  'registration.failed': own((f) => `${text(f.error)}; retrying in ${duration(f.retryInMs)}`),
  'registration.bootstrap-failed': own(
    (f) => `the bootstrap token did not register this worker: ${text(f.because)}; asking for approval`,
  ),
  'registration.restarted': own((f) => `registering again: ${text(f.because)}`),
  'registration.unsaved': own(
    (f) => `the registration could not be saved and is lost if the worker stops now: ${text(f.error)}`,
  ),
  'session.faulted': own((f) => `the session failed unexpectedly and reconnects: ${text(f.error)}`),

  'config.created': own((f) => `created the config file ${text(f.path)}`),
  'config.made-private': own(
    (f) => `other accounts could read the token in ${text(f.path)}; it is now readable by its owner only`,
  ),
  'config.exposed': own(
    (f) => `other accounts can read the token in ${text(f.path)}: ${text(f.because)}. ${text(f.hint)}`,
  ),
  'config.unknown-key': own(
    (f) => `${text(f.path)}: ${text(f.key)} is not a key of the config. Did you mean ${text(f.meant)}?`,
  ),
  'config.save-failed': own((f) => `cannot save ${text(f.path)}: ${text(f.because)}`),
  'config.changed': own((f) => {
    const later = lengthOf(f.needsRestart) === 0 ? '' : `; ${text(f.needsRestart)} applies at the next start`;
    const never = lengthOf(f.unused) === 0 ? '' : `; ${text(f.unused)} is not used in this release`;
    return `config changed: ${text(f.changedKeys)}${later}${never}`;
  }),
  'config.value-ignored': own((f) => `ignoring ${text(f.key)} = ${text(f.value)}: ${text(f.because)}`),
  'config.edit-ignored': own((f) => `keeping the previous config: ${text(f.because)}`),
  'studio.insecure': own((f) => text(f.because)),

  'job.handed-back': own((f) => `handing job ${text(f.jobId)} back to the studio; another signal exits at once`),
  'files.not-released': own((f) => `the model files of job ${text(f.jobId)} stay marked as in use: ${text(f.error)}`),
  'job.cancelled': own((f) => `job cancelled: ${text(f.because)}`),
  'job.retried-lean': own((f) => `${text(f.error)}; retrying with less memory${freeMemory(f)}`),
  'reject.not-sent': own((f) => `could not reject offer ${text(f.jobId)}: no live session`),
  'result.flagged': own((f) => `delivering a doubtful ${text(f.kind)} result: ${text(f.problem)}`),
  'result.kept': own((f) => `result of job ${text(f.jobId)} stays on disk: ${text(f.because)}`),
  'result.discarded': own((f) => `result of job ${text(f.jobId)} discarded: ${text(f.because)}`),
  'result.set-aside': own(
    (f) => `result of job ${text(f.jobId)} is set aside as ${text(f.movedTo)}: ${text(f.because)}`,
  ),
  'result.removed': own((f) => `removed ${text(f.file)}: ${text(f.folder)} is full of results that were set aside`),
  'result.not-kept': own(
    (f) => `result of job ${text(f.jobId)} could not be saved and is delivered from memory: ${text(f.error)}`,
  ),
  'result.not-removed': own(
    (f) => `cannot remove the delivered result ${text(f.jobId ?? f.file)} from disk: ${text(f.error)}`,
  ),
  'result.not-pruned': own((f) => `cannot remove old results from ${text(f.path)}: ${text(f.error)}`),
  'result.not-set-aside': own((f) => `cannot move the corrupt result ${text(f.file)} aside: ${text(f.error)}`),
  'result.corrupt': own(
    (f) => `the saved result ${text(f.file)} fails its checksum and was moved to ${text(f.movedTo)}`,
  ),
  'outbox.recreated': own((f) => `${text(f.path)} was removed while the worker runs; it is recreated`),
  'result.passed-over': own(
    (f) => `passed over ${text(f.file)} among the saved results: it is a ${text(f.kind)}, not a file`,
  ),
  'result.unreadable': own((f) => `cannot read the saved result ${text(f.file)}: ${text(f.error)}`),
  'journal.not-cut': own((f) => `cannot compact the result journal ${text(f.file)}: ${text(f.error)}`),
  'delivery.retried': own(
    (f) => `upload of job ${text(f.jobId)} failed: ${text(f.error)}; retrying in ${duration(f.retryInMs)}`,
  ),
  'delivery.unauthorized': own((f) => `the studio rejects the worker's token (${text(f.status)}). ${text(f.hint)}`),
} satisfies Sentences;

/** What a GPU had free; nothing where that is unknown. */
const freeMemory = (f: Readonly<Record<string, unknown>>): string =>
  ifKnown(f['gpu'], (gpu) => ` (${text(f['freeGb'])} of ${text(f['totalGb'])} GiB were free on ${gpu})`);
