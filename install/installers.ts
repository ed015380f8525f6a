import { WorkerError } from '../src/base/errors.ts';
import type { SigningKey } from '../src/release/minisign.ts';

/** Where each script has the keys that it accepts: one a line, as minisign prints them. */
const KEYS = /^(KEYS=|\$Keys = )'[^']*'$/m;

/**
 * An installer as a release ships it, with the keys that its executables carry.
 *
 * @throws WorkerError `internal` for a text that is no installer
 */
export function installerWith(keys: readonly SigningKey[], script: string): string {
  const listed = keys.map(({ publicKey }) => publicKey).join('\n');
  if (!KEYS.test(script)) throw new WorkerError('internal', 'the installer has no place for its keys');
  return script.replace(KEYS, (_, start: string) => `${start}'${listed}'`);
}
