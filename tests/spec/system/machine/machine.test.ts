import { expect, test } from 'bun:test';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createMachine } from '../../../../src/system/machine/machine.ts';
import { parseNvidiaInformation, sumOfLines } from '../../../../src/system/machine/vram-text.ts';
import { goneSoon } from '../../../fakes/system/gone.ts';
import { tempFolder, within } from '../temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const FIXTURES = `${import.meta.dir}/../../../fixtures/machine`;
const fixture = (name: string): Promise<string> => readFile(`${FIXTURES}/${name}`, 'utf8');
const GIB = 1024 ** 3;

/** A machine made of files in a folder and of small programs on a PATH that holds nothing else but the basics. */
async function setup(platform: NodeJS.Platform = 'linux') {
  const folder = await tempFolder();
  const file = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    await writeFile(folder.at(name), text);
  };
  const program = async (name: string, script: string): Promise<void> => {
    await file(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(folder.at(`bin/${name}`), 0o755);
  };
  const environment = {
    platform,
    get: (name: string) => (name === 'PATH' ? folder.at('bin') : undefined),
    hostName: 'box',
    userName: 'pat',
  };
  const machine = createMachine({ environment, root: folder.path, commandLimitMs: 300 });
  return { folder, file, program, machine, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
const onPosix = needs(POSIX);

test('a machine that does not say its name or user gets stand-ins', () => {
  const nameless = { platform: 'linux', get: () => undefined, hostName: ' ', userName: '' } as const;
  const machine = createMachine({ environment: nameless });
  expect([machine.hostName(), machine.userName()]).toEqual(['unknown-host', 'unknown-user']);
});

test('a machine with names gives them', async () => {
  await using at = await setup();
  expect([at.machine.hostName(), at.machine.userName()]).toEqual(['box', 'pat']);
});

test('the memory of all NVIDIA cards is added up from the driver', async () => {
  await using at = await setup();
  const text = await fixture('nvidia-information.txt');
  await at.file('proc/driver/nvidia/gpus/0000:01:00.0/information', text);
  await at.file('proc/driver/nvidia/gpus/0000:02:00.0/information', text.replace('24564 MiB', '8 GiB'));
  expect(await at.machine.vram()).toEqual({
    totalGb: (24564 + 8192) / 1024,
    from: 'nvidia driver',
    reasons: [],
    silentGpus: 0,
  });
});

test('without an NVIDIA driver the graphics devices are asked, and only cards count', async () => {
  await using at = await setup();
  await at.file('sys/class/drm/card0/device/mem_info_vram_total', `${8 * GIB}\n`);
  await at.file('sys/class/drm/card1/device/mem_info_vram_total', `${GIB / 2}\n`);
  await at.file('sys/class/drm/card2/device/vendor', '0x8086\n');
  await at.file('sys/class/drm/card0-DP-1/device/mem_info_vram_total', `${64 * GIB}\n`);
  const { totalGb, from, reasons } = await at.machine.vram();
  expect({ totalGb, from }).toEqual({ totalGb: 8.5, from: 'graphics devices' });
  expect(reasons.join()).toStartWith('nvidia driver: nothing at');
});

onPosix('where the kernel says nothing nvidia-smi is asked', async () => {
  await using at = await setup();
  await at.file('answer', await fixture('nvidia-smi.txt'));
  await at.program(
    'nvidia-smi',
    `[ "$*" = "--query-gpu=memory.total --format=csv,noheader,nounits" ] && while read -r l; do echo "$l"; done < '${at.folder.at('answer')}'`,
  );
  expect(await at.machine.vram()).toMatchObject({ totalGb: (24564 + 8192) / 1024, from: 'nvidia-smi' });
});

onPosix('L66: a GPU that does not say its memory is counted as silent, not lost', async () => {
  await using listed = await setup();
  await listed.program('nvidia-smi', "printf '24564\\n[N/A]\\n8192\\n'");
  expect(await listed.machine.vram()).toMatchObject({ totalGb: (24564 + 8192) / 1024, silentGpus: 1 });
  await using driver = await setup();
  await driver.file('proc/driver/nvidia/gpus/a/information', 'Model: one\nVideo Memory: 8192 MiB\n');
  await driver.file('proc/driver/nvidia/gpus/b/information', 'Model: two\n');
  expect(await driver.machine.vram()).toMatchObject({ totalGb: 8, silentGpus: 1 });
});

onPosix('on macOS three quarters of the shared memory count', async () => {
  await using at = await setup('darwin');
  await at.program('sysctl', `[ "$*" = "-n hw.memsize" ] && echo ${32 * GIB}`);
  expect(await at.machine.vramTotalGb()).toBe(24);
});

onPosix('on Windows the video controllers are the last to be asked', async () => {
  await using at = await setup('win32');
  await at.program('powershell', `echo ${4 * GIB - 1048576}`);
  expect(await at.machine.vram()).toEqual({
    totalGb: (4 * GIB - 1048576) / GIB,
    from: 'video controllers',
    reasons: ['nvidia-smi: not installed'],
    silentGpus: 0,
  });
});

test('a machine that says nothing has none, with a reason for each source', async () => {
  await using at = await setup();
  const { totalGb, reasons } = await at.machine.vram();
  expect(totalGb).toBe(0);
  expect(reasons).toEqual([
    `nvidia driver: nothing at ${at.folder.path}/proc/driver/nvidia/gpus/*/information`,
    `graphics devices: nothing at ${at.folder.path}/sys/class/drm/*/device/mem_info_vram_total`,
    'nvidia-smi: not installed',
  ]);
});

onPosix('a program that fails or talks nonsense is passed over and named', async () => {
  await using failing = await setup();
  await failing.program('nvidia-smi', 'echo 24564; exit 9');
  expect((await failing.machine.vram()).reasons).toContain('nvidia-smi: ended with status 9');
  await using strange = await setup();
  await strange.program('nvidia-smi', 'echo "NVIDIA-SMI has failed"');
  expect(await strange.machine.vram()).toMatchObject({ totalGb: 0 });
});

onPosix('a program that hangs is killed with what it started', async () => {
  await using at = await setup();
  await at.program('nvidia-smi', `/bin/sleep 60 & echo $! > '${at.folder.at('pid')}'; wait`);
  const { totalGb, reasons } = await within(5_000, 'the probe', at.machine.vram());
  expect(totalGb).toBe(0);
  expect(reasons).toContain('nvidia-smi: no answer within 300 ms');
  const helper = Number(await readFile(at.folder.at('pid'), 'utf8'));
  await goneSoon(helper);
});

onPosix('L65: the question is asked once however often the answer is wanted', async () => {
  await using at = await setup();
  await at.program('nvidia-smi', `echo asked >> '${at.folder.at('asked')}'; echo 1024`);
  const answers = await Promise.all([at.machine.vramTotalGb(), at.machine.vramTotalGb(), at.machine.vram()]);
  await at.machine.vramTotalGb();
  expect(answers.slice(0, 2)).toEqual([1, 1]);
  expect(await readFile(at.folder.at('asked'), 'utf8')).toBe('asked\n');
});

test('lines that are no numbers are passed over', async () => {
  expect(sumOfLines(await fixture('nvidia-smi.txt'))).toBe(24564 + 8192);
  expect(sumOfLines(await fixture('cim.txt'))).toBe(4293918720 + 1073741824);
  expect(sumOfLines('')).toBe(0);
  expect(sumOfLines('-5\n1e9\n12 MiB')).toBe(0);
});

test('a driver text without a memory line counts as unknown', async () => {
  const text = await fixture('nvidia-information.txt');
  expect(parseNvidiaInformation(text)).toBe(24564);
  expect(parseNvidiaInformation(text.replace(/Video Memory.*/, ''))).toBe(0);
  expect(parseNvidiaInformation('Video Memory: \t 24 GiB')).toBe(24576);
});
