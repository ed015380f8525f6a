/** A request to a peer that the operator or this program chose: a studio, an error tracker, a program of our own. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Parts are sent one after the other under one `Content-Length`. */
  readonly body?: readonly Uint8Array[];
  /** Cuts the exchange when no byte moved, in either direction, for this long. */
  readonly stallMs: number;
  /** Longest an answer may take to be read, its bytes moving or not. 2 min when left out. */
  readonly answerMs?: number;
  /** Largest answer that is read; a longer one is an error. 1 MiB when left out. */
  readonly maxBodyBytes?: number;
  readonly signal?: AbortSignal;
}

/** A whole answer, its body unpacked. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * HTTP with a stall timer instead of a total timeout; only the reading of an answer is limited as a whole. Any status is
 * a response; throws only when there is none.
 */
export interface Http {
  /** @throws WorkerError `http.unreachable` with the cause kept */
  request(request: HttpRequest): Promise<HttpResponse>;
}
