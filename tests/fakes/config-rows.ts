import type { KeySpec } from '../../src/config/key-types.ts';
import { CONFIG_KEYS } from '../../src/config/keys.ts';
import { type ConfigKey, KEYS } from '../../src/config/schema.ts';

interface ConfigRow {
  readonly key: ConfigKey;
  readonly sentence: string;
  /** Empty where there is none. */
  readonly default: string;
  readonly unit: string;
  readonly secret: boolean;
  readonly applies: KeySpec['applies'];
}

/** The table of config keys, as the docs show it. */
export function configRows(): readonly ConfigRow[] {
  return KEYS.map((key) => {
    const spec: KeySpec = CONFIG_KEYS[key];
    return {
      key,
      sentence: spec.sentence,
      default: spec.default === undefined ? '' : String(spec.default),
      unit: spec.unit ?? '',
      secret: spec.secret ?? false,
      applies: spec.applies,
    };
  });
}
