/** A program that makes one picture: what an executable can do with its native files, and what it says if it cannot. */
import { ERROR_CODES, toWorkerError } from '../../src/base/errors.ts';
import { readEnvironment } from '../../src/system/environment.ts';
import { createImages } from '../../src/system/native/sharp-images.ts';
import { createNativeCache } from '../../src/system/native/native-cache.ts';
import { payloads } from '../../src/system/native/payloads.ts';

try {
  const images = createImages({ native: createNativeCache({ environment: readEnvironment(), payloads }) });
  const pixels = new Uint8Array(3 * 2 * 3);
  const bytes = await images.encode({ pixels, width: 3, height: 2, channels: 3, format: 'webp' });
  const { format, width, height } = await images.probe(bytes);
  console.log(JSON.stringify({ format, width, height, planted: process.env.PLANTED ?? 'no' }));
} catch (thrown) {
  const error = toWorkerError(thrown);
  console.error(`${error.code}: ${error.message}\n${error.hint ?? ''}`);
  process.exitCode = ERROR_CODES[error.code].exit;
}
