import { expect, test } from 'bun:test';
import { registrationStore } from '../../../src/compose/config.ts';
import { realEffects } from '../../../src/compose/effects.ts';
import { openConfigStore } from '../../../src/config/store.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

const REAL = realEffects();
test('registration finds what it saved under the keys of the file', async () => {
  const files = new MemoryFiles();
  const config = await openConfigStore({
    path: '/c/config.toml',
    files,
    folders: REAL.environment,
    log: recordingLogger(),
    detectVramGb: () => Promise.resolve(0),
  });
  const store = registrationStore(config);
  await store.save({ installId: 'i', workerId: 'w-1', authToken: 't', registrationSecret: undefined });
  expect(store.read()).toMatchObject({ installId: 'i', workerId: 'w-1', authToken: 't' });
  expect(new TextDecoder().decode(files.contents.get('/c/config.toml'))).toContain('worker_id = "w-1"');
  await store.save({ workerId: undefined, authToken: undefined });
  expect(store.read()).toMatchObject({ installId: 'i', workerId: undefined, authToken: undefined });
});
