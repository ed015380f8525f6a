import { ConfigPatchSchema, ConfigViewSchema } from '../config.ts';
import { EditableConfigSchema } from '../editable-config.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';

/** Its settings. */
export const CONFIG_ROUTES = {
  readConfig: {
    method: 'GET',
    path: '/daemon/config',
    access: 'page',
    summary: 'The settings that every release of the contract can edit.',
    answer: json(EditableConfigSchema),
  },
  writeConfig: {
    method: 'PUT',
    path: '/daemon/config',
    access: 'page',
    summary: 'Write these settings; each of them is required.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: EditableConfigSchema,
    answer: json(EditableConfigSchema),
    errors: { 400: ['bad_request', 'invalid_config'], 500: ['config_not_saved'] },
  },
  config: {
    method: 'GET',
    path: '/config',
    access: 'page',
    summary: 'Every setting, with all that a form needs to ask for it.',
    answer: json(ConfigViewSchema),
  },
  patchConfig: {
    method: 'PATCH',
    path: '/config',
    access: 'page',
    summary: 'Change settings under their names in the file; null restores a default. All of them or none.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: ConfigPatchSchema,
    answer: json(ConfigViewSchema),
    errors: { 400: ['bad_request', 'invalid_config'], 500: ['config_not_saved'] },
  },
} as const satisfies Readonly<Record<string, Route>>;
