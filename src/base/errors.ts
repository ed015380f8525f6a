/** Who has to act, whether another try can help, and how the process exits (sysexits.h numbers). */
interface ErrorSpec {
  readonly acts: 'operator' | 'studio' | 'machine' | 'task' | 'us';
  readonly retryable: boolean;
  readonly exit: number;
}

/** Every failure the worker can name. A code is an API: operators grep for it, so it is never reworded. */
export const ERROR_CODES = {
  'cli.usage': { acts: 'operator', retryable: false, exit: 64 },
  'config.invalid': { acts: 'operator', retryable: false, exit: 78 },
  'config.not-saved': { acts: 'operator', retryable: true, exit: 73 },
  'config.insecure-url': { acts: 'operator', retryable: false, exit: 78 },
  'worker.already-running': { acts: 'operator', retryable: true, exit: 75 },
  'worker.not-running': { acts: 'operator', retryable: true, exit: 69 },
  'worker.unresponsive': { acts: 'operator', retryable: true, exit: 69 },
  'worker.incompatible': { acts: 'operator', retryable: false, exit: 69 },
  'worker.other-config': { acts: 'operator', retryable: false, exit: 69 },
  'service.unsupported': { acts: 'operator', retryable: false, exit: 69 },
  'service.not-activated': { acts: 'operator', retryable: true, exit: 69 },
  'update.unsupported': { acts: 'operator', retryable: false, exit: 69 },
  'update.feed-unreadable': { acts: 'machine', retryable: true, exit: 69 },
  'update.not-found': { acts: 'operator', retryable: false, exit: 69 },
  'update.refused': { acts: 'operator', retryable: false, exit: 77 },
  'update.untrusted': { acts: 'us', retryable: false, exit: 65 },
  'update.failed': { acts: 'machine', retryable: true, exit: 1 },
  'update.blocked': { acts: 'operator', retryable: true, exit: 77 },
  'registration.failed': { acts: 'studio', retryable: true, exit: 69 },
  'session.refused': { acts: 'operator', retryable: false, exit: 77 },
  'session.gave-up': { acts: 'studio', retryable: true, exit: 75 },
  'frame.malformed': { acts: 'studio', retryable: false, exit: 76 },
  'output.not-written': { acts: 'operator', retryable: true, exit: 74 },
  'file.unusable': { acts: 'operator', retryable: false, exit: 66 },
  'file.not-written': { acts: 'operator', retryable: true, exit: 73 },
  'folder.unusable': { acts: 'operator', retryable: true, exit: 73 },
  'disk.full': { acts: 'operator', retryable: true, exit: 73 },
  'studio.unreachable': { acts: 'studio', retryable: true, exit: 69 },
  'studio.refused': { acts: 'operator', retryable: false, exit: 77 },
  'studio.not-found': { acts: 'operator', retryable: false, exit: 69 },
  'studio.data-in-use': { acts: 'operator', retryable: true, exit: 75 },
  'studio.moved': { acts: 'operator', retryable: false, exit: 69 },
  'studio.data-damaged': { acts: 'operator', retryable: false, exit: 65 },
  'studio.data-newer': { acts: 'operator', retryable: false, exit: 65 },
  'studio.database-unusable': { acts: 'operator', retryable: true, exit: 69 },
  'studio.bucket-unusable': { acts: 'operator', retryable: true, exit: 69 },
  'studio.token-weak': { acts: 'operator', retryable: false, exit: 65 },
  'studio.not-listening': { acts: 'operator', retryable: true, exit: 69 },
  'studio.invalid': { acts: 'studio', retryable: false, exit: 76 },
  'engine.unavailable': { acts: 'operator', retryable: true, exit: 69 },
  'engine.failed': { acts: 'machine', retryable: true, exit: 1 },
  'http.unreachable': { acts: 'machine', retryable: true, exit: 69 },
  'url.refused': { acts: 'studio', retryable: false, exit: 77 },
  'download.failed': { acts: 'studio', retryable: true, exit: 69 },
  'download.missing': { acts: 'studio', retryable: false, exit: 69 },
  'download.too-large': { acts: 'studio', retryable: false, exit: 69 },
  'model.filename-unsafe': { acts: 'studio', retryable: false, exit: 65 },
  'model.role-missing': { acts: 'studio', retryable: false, exit: 65 },
  'model.checksum-mismatch': { acts: 'studio', retryable: true, exit: 65 },
  'model.not-a-model': { acts: 'studio', retryable: false, exit: 65 },
  'model.header-invalid': { acts: 'studio', retryable: false, exit: 65 },
  'model.truncated': { acts: 'studio', retryable: true, exit: 65 },
  'model.not-found': { acts: 'operator', retryable: false, exit: 69 },
  'model.in-use': { acts: 'operator', retryable: true, exit: 75 },
  'engine.out-of-memory': { acts: 'machine', retryable: true, exit: 1 },
  'engine.memory-exceeded': { acts: 'operator', retryable: true, exit: 1 },
  'engine.crashed': { acts: 'machine', retryable: true, exit: 1 },
  'engine.stalled': { acts: 'machine', retryable: true, exit: 1 },
  'model.config-invalid': { acts: 'studio', retryable: false, exit: 65 },
  'model.unusable': { acts: 'studio', retryable: false, exit: 1 },
  'native.unavailable': { acts: 'operator', retryable: true, exit: 69 },
  'result.rejected': { acts: 'machine', retryable: true, exit: 1 },
  'task.unsupported': { acts: 'task', retryable: false, exit: 1 },
  'task.input-missing': { acts: 'task', retryable: false, exit: 1 },
  'task.images-unsupported': { acts: 'task', retryable: false, exit: 1 },
  'task.images-unreadable': { acts: 'task', retryable: true, exit: 1 },
  'task.crashes-engine': { acts: 'task', retryable: false, exit: 1 },
  'task.fails-again': { acts: 'task', retryable: false, exit: 1 },
  'task.prompt-too-long': { acts: 'task', retryable: false, exit: 1 },
  'task.invalid': { acts: 'task', retryable: false, exit: 1 },
  'task.mask-mismatch': { acts: 'task', retryable: false, exit: 1 },
  'task.text-too-long': { acts: 'task', retryable: false, exit: 1 },
  'task.text-unspeakable': { acts: 'task', retryable: false, exit: 1 },
  'task.voice-unknown': { acts: 'task', retryable: false, exit: 1 },
  'task.speed-out-of-range': { acts: 'task', retryable: false, exit: 1 },
  'task.language-mismatch': { acts: 'task', retryable: false, exit: 1 },
  'task.format-unsupported': { acts: 'task', retryable: false, exit: 1 },
  'task.sampler-unknown': { acts: 'task', retryable: false, exit: 1 },
  'task.audio-unreadable': { acts: 'task', retryable: false, exit: 1 },
  'task.audio-empty': { acts: 'task', retryable: false, exit: 1 },
  'task.audio-too-long': { acts: 'task', retryable: false, exit: 1 },
  'task.audio-silent': { acts: 'task', retryable: false, exit: 1 },
  'task.language-unsupported': { acts: 'task', retryable: false, exit: 1 },
  'local.busy': { acts: 'operator', retryable: true, exit: 75 },
  'local.unfit': { acts: 'operator', retryable: true, exit: 69 },
  'job.cancelled': { acts: 'operator', retryable: true, exit: 1 },
  'job.claim-lost': { acts: 'studio', retryable: true, exit: 1 },
  internal: { acts: 'us', retryable: true, exit: 70 },
} as const satisfies Record<string, ErrorSpec>;

/** The closed list of codes: one that is not in the table does not compile. */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * What helps with a code wherever it is thrown, each an imperative sentence. Who throws an error can say more, as where
 * the key, the file or the model is known; the codes left out here need that.
 */
export const DEFAULT_HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  'worker.already-running': 'Stop the other worker first; `studio-worker status` shows it.',
  'update.unsupported': 'Install the new version the way this one was installed.',
  'update.refused': 'Name another version with `studio-worker update --version <version>`.',
  'update.failed':
    'Keep the running version, which stays in place, and look for a newer release with `studio-worker update --dry-run`.',
  'registration.failed': 'Check that the studio runs, then restart the worker: it asks again.',
  'file.unusable': 'Name another file, or let this account read it.',
  'studio.unreachable':
    'Check the network of this machine, its proxy variables, and `studio-worker config get api_base_url`.',
  'http.unreachable': 'Check the network of this machine, and its proxy variables such as HTTPS_PROXY.',
  'download.failed':
    'Check that this machine reaches the server of that URL, then retry: a download of a model resumes where it ended.',
  'engine.unavailable': 'Run `studio-worker engines` to see what it is missing.',
  'engine.failed':
    'Check this machine with `studio-worker doctor`; if it finds nothing, offer the job with another model.',
  'engine.crashed': 'Check the memory and the GPU driver of this machine if it happens again.',
  'engine.stalled':
    'Check with `studio-worker doctor` whether another program holds the GPU, or offer a smaller model.',
  'engine.out-of-memory': 'Close programs that use a lot of memory, or offer this model to a machine with more of it.',
  'local.busy': 'Ask again in a moment, or cancel what it is busy with.',
  'local.unfit':
    'Unload a model that is not needed, or ask for a smaller one; `studio-worker status` shows the memory.',
  'model.unusable': 'Replace the model in the studio with one that this engine can run.',
  'native.unavailable': 'Run `studio-worker doctor` to see what this machine is missing.',
};

export interface WorkerErrorOptions extends ErrorOptions {
  /** What the operator can do next, as one imperative sentence; the one of the code where it is left out. */
  readonly hint?: string;
  /** Facts for the log line; never secrets. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
}

/** The one error class. Its code decides who acts, whether to retry and the exit code; its message is for people. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly fields: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: WorkerErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint ?? DEFAULT_HINTS[code];
    this.fields = options.fields ?? {};
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** Turns anything thrown into a WorkerError; what we did not foresee becomes `internal`, cause kept. */
export function toWorkerError(thrown: unknown): WorkerError {
  if (thrown instanceof WorkerError) return thrown;
  const message = thrown instanceof Error ? thrown.message : textOf(thrown);
  return new WorkerError('internal', message, { cause: thrown });
}

/** The messages of an error and all its causes, outermost first, without repeating what an outer one contains already. */
export function errorChain(thrown: unknown): string {
  const messages: string[] = [];
  for (let at: unknown = thrown; at !== undefined && at !== null && messages.length < 8;) {
    const message = at instanceof Error ? at.message : textOf(at);
    if (message !== '' && !messages.some((outer) => outer.includes(message))) messages.push(message);
    at = at instanceof Error ? at.cause : undefined;
  }
  return messages.join(': ');
}

/** Text of something that is not an error but was thrown all the same. */
const textOf = (thrown: unknown): string =>
  typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? 'unknown');
