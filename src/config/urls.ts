import { WorkerError } from '../base/errors.ts';
import { mayHoldSecret, isLoopback, shownUrl } from '../base/urls.ts';

/**
 * Checks the studio's base URL before anything, a token above all, is sent to it.
 *
 * Gives a sentence to warn with when the operator allowed plain http to another machine.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url`
 */
export function checkBaseUrl(
  text: string,
  options: { readonly allowInsecureHttp: boolean },
): { readonly warning?: string } {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new WorkerError('config.invalid', `api_base_url must be an http(s) URL, not \`${shownUrl(text)}\``, {
      hint: 'Set one with `studio-worker register --api-base-url https://studio.example.com`.',
    });
  }
  if (mayHoldSecret(url)) {
    throw new WorkerError(
      'config.invalid',
      `api_base_url must not contain a user, password, query or fragment; use \`${shownUrl(text)}\``,
      { hint: 'Set it without them: `studio-worker register --api-base-url https://studio.example.com`.' },
    );
  }
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return {};
  if (options.allowInsecureHttp) {
    return {
      warning: `plain http to ${url.host} is not encrypted: others can read the worker's token and everything else in transit`,
    };
  }
  throw new WorkerError(
    'config.insecure-url',
    `plain http to ${url.host} would expose the worker's token to the network`,
    {
      hint: 'Use an https URL, or set `allow_insecure_http = true` in the config file.',
    },
  );
}
