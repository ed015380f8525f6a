import type { Environment } from '../system/environment.ts';

/*
 * A service starts with few variables, so those of the shell that installs it go along: what the operator set for the
 * worker, the way to the network, and where programs are. Not the operator's token, which no worker needs.
 */
const KEPT = [
  'PATH',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'STUDIO_WORKER_LOG',
  'STUDIO_WORKER_CACHE_DIR',
  'STUDIO_WORKER_SD_CLI',
  'STUDIO_WORKER_FFMPEG',
  'STUDIO_WORKER_ESPEAK_NG',
  'SENTRY_DSN',
  'SENTRY_ENVIRONMENT',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'all_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
] as const;

/** Caches of drivers, which would be in folders that the service may not write. */
const DRIVER_CACHES: Readonly<Record<string, string>> = {
  CUDA_CACHE_PATH: 'cuda',
  MESA_SHADER_CACHE_DIR: 'mesa',
  __GL_SHADER_DISK_CACHE_PATH: 'gl',
};

/** The variables of a service. `cacheFolder` is where the worker keeps native files. */
export function serviceVariables(
  { platform, get }: Pick<Environment, 'platform' | 'get'>,
  cacheFolder: string,
): Readonly<Record<string, string>> {
  if (platform === 'win32') return {}; // a task gets those of its account
  const kept = KEPT.flatMap((name): (readonly [string, string])[] => {
    const value = get(name) ?? '';
    return value === '' ? [] : [[name, value]];
  });
  const caches = platform === 'linux' ? Object.entries(DRIVER_CACHES) : [];
  return Object.fromEntries([
    ...kept,
    ...caches.map(([name, below]) => [name, get(name) ?? `${cacheFolder}/${below}`]),
  ]);
}
