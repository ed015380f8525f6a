import { expect, test } from 'bun:test';
import { openKeptSignIns } from '../../../src/page-host/kept-sign-ins.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { settle } from '../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';

const PAGE = { hash: 'a', expiresAt: 7 };

test('pages that were let in are known after a restart', async () => {
  const [files, log] = [new MemoryFiles(), recordingLogger()];
  const first = await openKeptSignIns('/c/pages.json', { files, log });
  expect(first.known).toEqual([]);
  first.keep([PAGE]);
  first.keep([PAGE, { hash: 'b', expiresAt: 8 }]);
  await settle();
  expect((await openKeptSignIns('/c/pages.json', { files, log })).known).toEqual([PAGE, { hash: 'b', expiresAt: 8 }]);
});

test('a file of pages that cannot be read costs only new codes', async () => {
  const log = recordingLogger();
  const files = {
    readText: () => Promise.reject(new Error('it is a folder')),
    writeAtomic: () => Promise.reject(new Error('it is a folder')),
  };
  const pages = await openKeptSignIns('/c/pages.json', { files, log });
  expect(pages.known).toEqual([]);
  pages.keep([PAGE]);
  await settle();
  expect(log.names()).toEqual(['sign-ins.unusable', 'sign-ins.unusable']);
});
