import { proxyFor } from './proxy.ts';

/** A request to a web app. */
export interface AppRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/**
 * Asks a web app that the operator named. Any status is an answer, a redirect too: it is not followed. Without an answer
 * it fails with the runtime's own error.
 */
export type AskApp = (url: string, request: AppRequest) => Promise<Response>;

/** Each request has a connection of its own, so that none outlives its answer and keeps this process alive. */
export const createAskApp =
  (env: (name: string) => string | undefined): AskApp =>
  (url, { method, headers, body, signal }) =>
    fetch(url, {
      method,
      headers,
      signal,
      ...(body !== undefined && { body }),
      redirect: 'manual',
      keepalive: false,
      proxy: proxyFor(url, env) ?? false,
    });
