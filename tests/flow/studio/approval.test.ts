import { expect, setDefaultTimeout, test } from 'bun:test';
import { createRegistrationClient } from '../../../src/studio/registration/client.ts';
import { createRegistration } from '../../../src/studio/registration/driver.ts';
import type { RegistrationRecord } from '../../../src/studio/registration/record.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { sha256 } from '../../../src/system/disk/digest.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { someCapabilities } from '../../fakes/builders.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { within } from '../../fakes/system/temp-folder.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

test('an approval at the embedded studio is noticed at once', async () => {
  await using studio = await fakeStudio();
  let record: RegistrationRecord = {};
  const log = recordingLogger();
  const registration = createRegistration({
    client: createRegistrationClient({
      http: createHttp({ clock: systemClock, env: () => undefined }),
      baseUrl: () => studio.url,
      clock: systemClock,
      log,
    }),
    clock: systemClock,
    random: systemRandom,
    sha256,
    store: { read: () => record, save: (patch) => Promise.resolve(void (record = { ...record, ...patch })) },
    capabilities: () => someCapabilities(),
    log,
  });
  const pending = Promise.withResolvers<void>();
  registration.onChange(({ at }) => at === 'pending' && pending.resolve());
  registration.start();
  await within(10_000, 'the request', pending.promise);
  const workerId = await studio.approve();
  // The contract polls every 24 to 36 seconds.
  expect((await within(10_000, 'the approval', registration.approved)).workerId as string).toBe(workerId);
  await registration.stop();
});
