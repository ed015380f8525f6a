import { expect, test } from 'bun:test';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { sweepScratch, withScratch } from '../../../../src/engines/programs/scratch.ts';
import { isAlive } from '../../../../src/system/process/alive.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { systemRandom } from '../../../../src/system/random.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

/** The id of a process that has been and gone. */
async function deadPid(): Promise<number> {
  const child = Bun.spawn(['true']);
  await child.exited;
  return child.pid;
}

test('what killed workers left is removed, and nothing else', async () => {
  await using folder = await tempFolder();
  const log = recordingLogger();
  const dead = await deadPid();
  const kept = [
    `studio-worker-sdcpp-${process.pid}-0a1b2c3d`,
    `studio-worker-sdcpp-${process.ppid}-0a1b2c3d`,
    `studio-worker-sdcpp-test-${dead}`,
    `notes-about-studio-worker-sdcpp-${dead}-00`,
  ];
  for (const name of [...kept, ...['sdcpp', 'ffmpeg'].map((owner) => `studio-worker-${owner}-${dead}-0a1b2c3d`)]) {
    mkdirSync(folder.at(name));
    writeFileSync(folder.at(`${name}/out.png`), 'half a picture');
  }
  await sweepScratch({ files: systemFiles, tempDir: folder.path, pid: process.pid }, { isAlive, log });
  expect(readdirSync(folder.path).toSorted()).toEqual(kept.toSorted());
  const removed = { event: 'scratch.removed', fields: { leftBy: dead } };
  expect(log.events).toMatchObject([removed, removed]);
});

test('a folder that cannot be looked at keeps nobody from working', async () => {
  const log = recordingLogger();
  const files = { ...systemFiles, list: () => Promise.reject(new Error('no rights')) };
  await sweepScratch({ files, tempDir: '/somewhere', pid: 1 }, { isAlive, log });
  expect(log.names()).toEqual(['scratch.kept']);
});

test('a scratch folder names its process, is private, and goes with a failure too', async () => {
  await using folder = await tempFolder();
  const options = { files: systemFiles, random: systemRandom, tempDir: folder.path, pid: process.pid };
  const failure = withScratch(options, 'sdcpp', ({ at }) => {
    expect(at('out')).toMatch(new RegExp(`/studio-worker-sdcpp-${process.pid}-[0-9a-f]+/out$`));
    return Promise.reject(new Error('it failed'));
  });
  expect(await failureOf(failure)).toEqual(new Error('it failed'));
  expect(readdirSync(folder.path)).toEqual([]);
});
