import { toJobId } from '../../../src/base/ids.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { createDelivery } from '../../../src/studio/delivery/deliver.ts';
import { openOutbox } from '../../../src/studio/delivery/outbox.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { anOutcome } from '../outcomes.ts';

/**
 * A worker's delivery in a process of its own, to be killed: finishes as many jobs as asked for, `job-0` with one byte,
 * `job-1` with two and so on, and says `uploading` once every result is on disk and none has been answered.
 */
const [dir = '', count = '0', apiBaseUrl = '', workerId = '', authToken = ''] = process.argv.slice(2);
const log = createLogger({ area: 'delivery', clock: systemClock, sinks: [], redact: (fields) => fields });
const outbox = await openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock: systemClock, sha256, log });
const delivery = createDelivery({
  http: createHttp({ clock: systemClock, env: () => undefined }),
  outbox,
  claims: { send: () => false, release: () => {} },
  credentials: () => ({ apiBaseUrl, workerId, authToken }),
  clock: systemClock,
  random: systemRandom,
  log,
  studioOffers: () => false,
  onReport: () => {},
});
const jobs = Array.from({ length: Number(count) }, (_, index) => index);
const deliveries = jobs.map((index) => delivery.deliver(anOutcome(toJobId(`job-${index}`), new Uint8Array(index + 1))));
while (delivery.pending().count < jobs.length) await new Promise((resolve) => setImmediate(resolve));
process.stdout.write('uploading\n');
await Promise.all(deliveries);
