import { expect } from 'bun:test';
import { startDetached } from '../../../../src/system/desktop/detached.ts';
import { isAlive } from '../../../../src/system/process/alive.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const onPosix = needs(POSIX);
const options = { env: { PATH: process.env['PATH'] ?? '' }, waitMs: 5_000 };

onPosix('a program that ends well or goes on was started', async () => {
  expect(await startDetached('true', [], options)).toBe('started');
  expect(await startDetached('/bin/sh', ['-c', 'exec sleep 1'], { ...options, waitMs: 50 })).toBe('started');
});

onPosix('a detached program that fails at once is reported as failed', async () => {
  expect(await startDetached('false', [], options)).toBe('failed');
  expect(await startDetached('/bin/sh', ['-c', 'kill -9 $$'], options)).toBe('failed');
});

onPosix('a program that is not there is told from one that fails', async () => {
  expect(await startDetached('no-such-browser', [], options)).toBe('missing');
  expect(await startDetached('/opt/no/such/browser', [], options)).toBe('missing');
});

onPosix('a browser lives on behind the program that opened it', async () => {
  await using folder = await tempFolder();
  const pidFile = folder.at('pid');
  const opener = `sleep 30 > /dev/null & echo $! > ${pidFile}`;
  expect(await startDetached('/bin/sh', ['-c', opener], options)).toBe('started');
  const pid = Number(await Bun.file(pidFile).text());
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});
