import { duration, lengthOf, oneDecimal, type Sentence, type Sentences, text } from './text.ts';
import type { Fields } from '../logger.ts';

/** The reference worker files all it ships about its session and jobs under this one category. */
const ws = (message: (fields: Fields) => string): Sentence => ({ category: 'ws', message });

/** The reference worker prints the studio's error codes as the names of its own type: `ProtocolViolation`. */
const camelCase = (value: unknown): string =>
  text(value).replaceAll(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());

const REJECTED: Readonly<Record<string, (fields: Fields) => string>> = {
  claiming: () => 'worker is paused',
  paused: () => 'worker is paused',
  busy: () => 'worker is already busy',
  idle: ({ presence }) => `only when idle, and the person is ${text(presence)}`,
};

const CLAIMING: Readonly<Record<string, (fields: Fields) => string>> = {
  on: ({ before }) =>
    before === 'paused'
      ? 'claiming resumed by operator; accepting new offers again'
      : 'claiming enabled: offers are taken again',
  off: () => 'claiming disabled: offers are rejected',
  paused: () => 'claiming paused by operator; new offers are rejected until resumed',
};

/** Studio contract, log entries of category `ws`: operators and studios search for these texts, so they are fixed. */
export const CONTRACT_SENTENCES = {
  'session.connecting': ws((f) => `connecting to ${text(f.url)}`),
  'session.connect-failed': ws((f) => `connect failed: ${text(f.error)}`),
  'capabilities.advertised': ws(
    (f) =>
      `advertising engine=${text(f.engine)}, vram=${oneDecimal(f.vramTotalGb)}/${oneDecimal(f.vramThresholdGb)}GB threshold, ` +
      `auto_enabled=${text(f.autoEnabled)}, only_when_idle=${text(f.onlyWhenIdle)}, ` +
      `user_presence=${text(f.userPresence)}, kinds=${text(f.kinds)}, model_engines=${text(f.modelEngines)}, ` +
      `${lengthOf(f.models)} model(s)=${text(f.models)}`,
  ),
  'threshold.exceeds-vram': ws(
    (f) =>
      `the threshold of ${oneDecimal(f.vramThresholdGb)} GiB exceeds the detected ${oneDecimal(f.vramTotalGb)} GiB of GPU memory: ` +
      'jobs may not fit',
  ),
  'session.welcomed': ws((f) => `server welcomed ${text(f.workerId)} server_time=${text(f.serverTime)}`),
  'registration.revoked': ws(
    (f) => `studio revoked this worker's registration (${text(f.reason)}); asking for approval again`,
  ),
  'approval.awaited': ws(() => 'waiting for operator approval before opening the session'),
  'offer.received': ws(
    (f) =>
      `offer received ${text(f.jobId)} game=${text(f.gameId)} asset=${text(f.assetName)} ` +
      `model=${text(f.model)} vram=${text(f.vramGbEstimate)}`,
  ),
  'offer.rejected': ws((f) => `rejecting offer ${text(f.jobId)}: ${REJECTED[text(f.rule)]?.(f) ?? text(f.because)}`),
  'offer.malformed': ws((f) => `offer ${text(f.jobId)} is malformed: ${text(f.problem)}`),
  'welcome.limit-ignored': ws(
    (f) => `the welcome's max_parallel_jobs is of no use, so one job at a time is taken: ${text(f.problem)}`,
  ),
  'frame.ignored': ws((f) => `ignoring a frame: ${text(f.problem)}`),
  'job.ran': ws((f) => `${text(f.kind)} dispatched in ${duration(f.durationMs)}`),
  'job.failed': ws((f) => `dispatch failed: ${text(f.error)}`),
  'artifact.uploaded': ws(() => 'binary upload ok'),
  'result.sent': ws(() => 'json result sent'),
  'delivery.failed': ws((f) => `failed to send result: ${text(f.error)}`),
  'accept.not-sent': ws((f) => `accept send failed for offer ${text(f.jobId)}: ${text(f.error)}`),
  'failure.not-sent': ws((f) => `failed to notify studio of job ${text(f.jobId)} failure: ${text(f.error)}`),
  'studio.reported-error': ws((f) => `server error ${camelCase(f.code)}: ${text(f.message)}`),
  'session.lost': ws((f) => {
    // A socket that ends without a reason gave no error to name.
    const reason = text(f.reason ?? '');
    const what = reason === '' || reason === 'disconnected' ? 'disconnected' : `session error: ${reason}`;
    return `${what}; reconnect attempt ${text(f.attempt)} in ${text(f.retryInMs)}ms`;
  }),
  'session.gave-up': ws((f) => `giving up after ${text(f.failures)} reconnect attempts`),
  'session.refused': ws((f) =>
    f.code === 4001 ? `auth failed: ${text(f.reason)}. Re-register the worker.` : `fatal: ${text(f.reason)}`,
  ),
  'claiming.changed': ws((f) => CLAIMING[text(f.claiming)]?.(f) ?? ''),
} satisfies Sentences;
