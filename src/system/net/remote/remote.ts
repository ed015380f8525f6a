/** A GET of something an offer names. */
export interface RemoteRequest {
  /** What it is, for people: `model`, `init image`. */
  readonly what: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cuts the exchange when nothing worth mentioning moved for this long; what the reader takes its time for is free. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** An answer whose body is still on its way. Disposing it ends the exchange. */
export interface RemoteAnswer extends Disposable {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body as it comes, never unpacked, at the reader's pace.
   *
   * @throws WorkerError `download.failed` when the connection breaks or stalls; the signal's reason on abort
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The way to URLs that somebody else chose. Redirects are followed, each hop checked like the first. */
export interface Remote {
  /**
   * Any status is an answer.
   *
   * @throws WorkerError `url.refused` before anything is sent | `download.failed`; the signal's reason on abort
   */
  open(request: RemoteRequest): Promise<RemoteAnswer>;
}
