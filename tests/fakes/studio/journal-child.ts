import { toJobId } from '../../../src/base/ids.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { openOutbox } from '../../../src/studio/delivery/outbox.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';

/**
 * Puts small results into an outbox until it is killed: `job-0`, `job-1` and so on, naming each on a line once it is
 * kept, and removing every third again, which it says too.
 */
const [dir = ''] = process.argv.slice(2);
const log = createLogger({ area: 'delivery', clock: systemClock, sinks: [], redact: (fields) => fields });
const outbox = await openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock: systemClock, sha256, log });
for (let index = 0; ; index++) {
  const owner = { workerId: 'w-1', studio: 'http://studio.test' };
  const content = new Uint8Array((index * 997) % 9000).fill(index);
  const jobId = toJobId(`job-${index}`);
  const entry = await outbox.put({ jobId, kind: 'json', ext: '', prompt: 'a red fox', ...owner }, content);
  process.stdout.write(`+${index}\n`);
  if (index % 3 !== 0) continue;
  process.stdout.write(`-${index}\n`);
  await outbox.remove(entry);
}
