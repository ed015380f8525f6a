import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { openReceipt } from '../../../src/release/receipt.ts';
import { createServiceInstaller, type ServiceInstaller } from '../../../src/service/installer.ts';
import { launchd } from '../../../src/service/launchd.ts';
import { taskScheduler } from '../../../src/service/schtasks.ts';
import type { ServiceManager } from '../../../src/service/service.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { standIns, type StandIns } from '../../fakes/service/stand-ins.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../needs.ts';
import { answerOf, someFacts } from './facts.ts';

interface Scene extends AsyncDisposable {
  readonly installer: ServiceInstaller;
  readonly system: StandIns;
  readonly manager: ServiceManager;
  readonly receipt: string;
}

/** Another system's service manager, its programs played by shell scripts. */
async function aScene(program: string, managerIn: (folder: string) => ServiceManager): Promise<Scene> {
  const folder = await tempFolder();
  const system = await standIns(folder.at('system'), program);
  const manager = managerIn(folder.path);
  const receipt = folder.at('receipt.tsv');
  const installer = createServiceInstaller({
    manager,
    files: systemFiles,
    receipt: openReceipt(receipt, systemFiles),
    runStep: async ([name, ...args]) => {
      const { code, output } = await answerOf([`${system.folder}/${name}`, ...args]);
      return { code, output, lastError: code === 0 ? '' : output.trim() };
    },
  });
  return { installer, system, manager, receipt, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const onMac = () => aScene('launchctl', (home) => launchd(home, 501));
const onWindows = () => aScene('schtasks', (home) => taskScheduler(`${home}/Roaming`));
const facts = someFacts({ writable: [] });

needs(POSIX)('Windows reads the task in UTF-16 with its mark, and registers and starts it', async () => {
  await using scene = await onWindows();
  await scene.installer.install(facts);
  const bytes = await readFile(scene.manager.path);
  expect([...bytes.subarray(0, 4)]).toEqual([0xff, 0xfe, 0x3c, 0]);
  expect(bytes.toString('utf16le').slice(1)).toBe(scene.manager.text(facts));
  expect(await scene.system.calls()).toEqual([
    `schtasks /Create /XML ${scene.manager.path} /TN MinisStudioWorker /F`,
    'schtasks /Run /TN MinisStudioWorker',
  ]);
  expect(await scene.installer.state()).toBe('registered');
});

needs(POSIX)('a task Windows rejects fails with the command to try', async () => {
  await using scene = await onWindows();
  await scene.system.fail('/Create', 'ERROR: Access is denied.');
  expect(await failureOf(scene.installer.install(facts))).toMatchObject({
    code: 'service.not-activated',
    message: expect.stringContaining('Access is denied'),
    hint: expect.stringContaining('schtasks /Create /XML'),
  });
});

needs(POSIX)('macOS unloads any earlier agent and loads the new one', async () => {
  await using scene = await onMac();
  await scene.system.fail('bootout', 'Boot-out failed: 3: No such process');
  await scene.installer.install(facts);
  expect(await readFile(scene.receipt, 'utf8')).toEndWith(`\nservice\t${scene.manager.path}\n`);
  expect((await scene.system.calls()).at(-1)).toBe(`launchctl bootstrap gui/501 ${scene.manager.path}`);
  await scene.system.answer('print', '\tstate = running\n');
  expect(await scene.installer.state()).toBe('running');
});

needs(POSIX)('what fails while a service is removed is given back, and the file goes', async () => {
  await using scene = await onMac();
  await scene.installer.install(facts);
  await scene.system.fail('bootout', 'Boot-out failed: 5: Input/output error');
  expect(await scene.installer.uninstall()).toEqual({
    removed: true,
    failures: [expect.stringContaining('Input/output error')],
  });
  expect(await scene.installer.state()).toBe('not-installed');
  expect(await scene.installer.uninstall()).toEqual({ removed: false, failures: [] });
});

test('a service counts as stopped where its service manager is missing', async () => {
  await using folder = await tempFolder();
  const manager = launchd(folder.path, 501);
  await Bun.write(manager.path, 'an agent of an earlier system');
  const installer = createServiceInstaller({
    manager,
    files: systemFiles,
    receipt: openReceipt(folder.at('receipt.tsv'), systemFiles),
    runStep: () => Promise.reject(Object.assign(new Error('no such program'), { code: 'ENOENT' })),
  });
  expect(await installer.state()).toBe('stopped');
  expect(await failureOf(installer.install(facts))).toMatchObject({ code: 'service.unsupported' });
});
