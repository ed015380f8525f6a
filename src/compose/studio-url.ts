import type { Config } from '../config/schema.ts';
import { checkBaseUrl } from '../config/urls.ts';
import type { Logger } from '../log/logger.ts';

/**
 * The studio's base URL, once it is clear that a token may be sent there.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url`
 */
export function allowedBaseUrl(config: Config, log: Logger): string {
  const { warning } = checkBaseUrl(config.api_base_url, { allowInsecureHttp: config.allow_insecure_http });
  if (warning !== undefined) log.warn('studio.insecure', { because: warning });
  return config.api_base_url;
}
