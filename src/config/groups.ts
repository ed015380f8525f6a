import type { ConfigKey } from './schema.ts';

/** Groups in the order in which a window shows them. */
export const CONFIG_GROUPS = [
  'connection',
  'worker',
  'engines',
  'auto-update',
  'models',
  'background',
  'local-api',
] as const;
export type ConfigGroup = (typeof CONFIG_GROUPS)[number];

/** Where a window shows each key; `undefined` for what the worker writes itself, which nobody else edits. */
export const GROUP_OF: { readonly [Key in ConfigKey]: ConfigGroup | undefined } = {
  api_base_url: 'connection',
  allow_insecure_http: 'connection',
  bootstrap_token: 'connection',
  ws_reconnect_attempts: 'connection',
  vram_threshold_gb: 'worker',
  memory_max_gb: 'worker',
  auto_enabled: 'worker',
  supported_models_override: 'worker',
  kinds: 'worker',
  stop_grace_secs: 'worker',
  outbox_max_gb: 'worker',
  output_check: 'worker',
  engine_nice: 'engines',
  allow_cpu: 'engines',
  gradio_endpoint_url: 'engines',
  gradio_api_name: 'engines',
  allow_private_urls: 'engines',
  auto_update_enabled: 'auto-update',
  auto_update_interval_secs: 'auto-update',
  auto_update_feed: 'auto-update',
  auto_update_prerelease: 'auto-update',
  auto_update_allow_unsigned: 'auto-update',
  models_root: 'models',
  models_max_gb: 'models',
  disk_floor_gb: 'models',
  keep_warm_secs: 'models',
  auto_start: 'background',
  only_when_idle: 'background',
  start_minimised: 'background',
  local_api_port: 'local-api',
  local_api_token: 'local-api',
  stream_port: 'local-api',
  worker_id: undefined,
  auth_token: undefined,
  install_id: undefined,
  registration_request_id: undefined,
  registration_secret: undefined,
};
