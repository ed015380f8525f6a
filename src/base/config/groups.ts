/** Groups of config keys, in the order in which a window shows them. */
export const CONFIG_GROUPS = [
  'studio',
  'worker',
  'engines',
  'auto-update',
  'models',
  'notifications',
  'background',
  'local-api',
] as const;
export type ConfigGroup = (typeof CONFIG_GROUPS)[number];
