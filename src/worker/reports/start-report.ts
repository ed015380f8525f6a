import { shownUrl } from '../../base/urls.ts';
import { VERSION } from '../../base/version.ts';
import type { ConfigStore } from '../../config/store.ts';
import type { Logger } from '../../log/logger.ts';

/** Logs who this worker is and what it may do, before anything else happens. */
export function reportStart({ path, current }: Pick<ConfigStore, 'path' | 'current'>, log: Pick<Logger, 'info'>): void {
  log.info('worker.started', {
    version: VERSION,
    configPath: path,
    studio: shownUrl(current.api_base_url),
    vramThresholdGb: current.vram_threshold_gb,
    claiming: current.auto_enabled ? 'on' : 'off',
    registration: registrationIn(current),
  });
}

/** An id without its token is no approval: the studio would refuse it. */
function registrationIn(config: ConfigStore['current']): string {
  const { worker_id: workerId, auth_token: token, registration_request_id: requestId } = config;
  if (workerId !== undefined && token !== undefined) return `approved as ${workerId}`;
  return requestId === undefined ? 'not registered yet' : `waiting for approval (request ${requestId})`;
}
