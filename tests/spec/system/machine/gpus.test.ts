import { expect, test } from 'bun:test';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { GIB, MIB } from '../../../../src/base/units.ts';
import {
  parseAmdGpu,
  parseAppleGpu,
  parseMemInfo,
  parseNvidiaGpus,
  parseNvidiaInformation,
  parseVmStat,
  parseWindowsGpus,
} from '../../../../src/system/machine/gpu-text.ts';
import { createGpus } from '../../../../src/system/machine/gpus.ts';
import { createMachine } from '../../../../src/system/machine/machine.ts';
import { goneSoon } from '../../../fakes/system/gone.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const FIXTURES = `${import.meta.dir}/../../../fixtures/machine`;
const fixture = (name: string): Promise<string> => readFile(`${FIXTURES}/${name}`, 'utf8');

/** A machine made of files in a folder and of small programs on a PATH that holds nothing else. */
async function setup(platform: NodeJS.Platform = 'linux') {
  const folder = await tempFolder();
  const file = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    await writeFile(folder.at(name), text);
  };
  /** A stand-in that prints a fixture, once it was asked with exactly these words. */
  const program = async (name: string, words: string, answer: string): Promise<void> => {
    await file(`${name}.txt`, answer);
    const script = `[ "$*" = '${words}' ] && while read -r l; do printf '%s\\n' "$l"; done < '${folder.at(`${name}.txt`)}'`;
    await file(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(folder.at(`bin/${name}`), 0o755);
  };
  const environment = { platform, get: (name: string) => (name === 'PATH' ? folder.at('bin') : undefined) };
  const gpus = createGpus({ environment, root: folder.path, commandLimitMs: 300 });
  return { folder, file, program, gpus, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
const onPosix = needs(POSIX);
const NVIDIA_WORDS =
  '--query-gpu=uuid,driver_version,memory.total,memory.used,memory.free,name --format=csv,noheader,nounits';

onPosix('each NVIDIA GPU is listed, and one that reports no memory is named', async () => {
  await using at = await setup();
  await at.program('nvidia-smi', NVIDIA_WORDS, await fixture('nvidia-gpus.txt'));
  const { gpus, reasons } = await at.gpus.probe();
  expect(gpus).toEqual([
    {
      vendor: 'nvidia',
      name: 'NVIDIA GeForce RTX 4090',
      uuid: 'GPU-00000000-0000-0000-0000-000000000001',
      pciSlot: undefined,
      index: 0,
      driver: '580.95.05',
      totalBytes: 24564 * MIB,
      usedBytes: 1311 * MIB,
      freeBytes: 22878 * MIB,
    },
    {
      vendor: 'nvidia',
      name: 'NVIDIA GB10',
      uuid: 'GPU-00000000-0000-0000-0000-000000000002',
      pciSlot: undefined,
      index: 1,
      driver: '580.95.05',
      totalBytes: 0,
      usedBytes: undefined,
      freeBytes: undefined,
    },
  ]);
  expect(reasons).toContain('NVIDIA GB10: does not report its memory');
});

test('AMD GPUs are read from the kernel, other silent GPUs are left out', async () => {
  await using at = await setup();
  const card = 'sys/class/drm/card1/device';
  await at.file(`${card}/mem_info_vram_total`, `${16 * GIB}\n`);
  await at.file(`${card}/mem_info_vram_used`, `${2 * GIB}\n`);
  await at.file(`${card}/uevent`, 'DRIVER=amdgpu\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0\n');
  await at.file('sys/module/amdgpu/version', '6.10.5\n');
  await at.file('sys/class/drm/card0/device/vendor', '0x8086\n');
  await at.file('sys/class/drm/card1-DP-1/device/mem_info_vram_total', '1');
  expect((await at.gpus.probe()).gpus).toEqual([
    {
      vendor: 'amd',
      name: 'AMD GPU 1002:744C',
      uuid: '0000:03:00.0',
      pciSlot: '0000:03:00.0',
      index: 0,
      driver: '6.10.5',
      totalBytes: 16 * GIB,
      usedBytes: 2 * GIB,
      freeBytes: 14 * GIB,
    },
  ]);
});

onPosix('an Apple machine shares three quarters, of which what is available is free', async () => {
  await using at = await setup('darwin');
  await at.program('sysctl', '-n hw.memsize machdep.cpu.brand_string', `${32 * GIB}\nApple M3 Pro\n`);
  await at.program('vm_stat', '', await fixture('vm-stat.txt'));
  const [gpu] = (await at.gpus.probe()).gpus;
  const free = 16_384 * (102_400 + 204_800 + 10_240 + 20_480);
  expect(gpu).toMatchObject({ vendor: 'apple', name: 'Apple M3 Pro', totalBytes: 24 * GIB, freeBytes: free });
});

onPosix('on Windows the driver is believed before the registry, which knows every vendor', async () => {
  await using at = await setup('win32');
  await at.program('nvidia-smi', NVIDIA_WORDS, `${(await fixture('nvidia-gpus.txt')).split('\n')[0]}\n`);
  await at.file(
    'bin/powershell',
    `#!/bin/sh\nwhile read -r l; do printf '%s\\n' "$l"; done < '${FIXTURES}/registry.txt'\n`,
  );
  await chmod(at.folder.at('bin/powershell'), 0o755);
  const { gpus } = await at.gpus.probe();
  expect(gpus.map(({ name, freeBytes }) => [name, freeBytes !== undefined])).toEqual([
    ['NVIDIA GeForce RTX 4090', true],
    ['AMD Radeon RX 7900 XTX', false],
    ['Intel(R) Arc(TM) A770 Graphics', false],
  ]);
});

onPosix('an nvidia-smi early on the PATH that does not run hides none behind it', async () => {
  await using at = await setup();
  await at.program('nvidia-smi', NVIDIA_WORDS, await fixture('nvidia-gpus.txt'));
  for (const [name, text] of [
    ['other-machine', '\u007fELF, of another machine'],
    ['failing', '#!/bin/sh\nexit 9\n'],
  ] as const) {
    await at.file(`${name}/nvidia-smi`, text);
    await chmod(at.folder.at(`${name}/nvidia-smi`), 0o755);
  }
  await at.file('unreadable/nvidia-smi', '#!/bin/sh\n');
  await chmod(at.folder.at('unreadable'), 0);
  const PATH = ['unreadable', 'other-machine', 'failing', 'bin'].map((name) => at.folder.at(name)).join(':');
  const environment = { platform: 'linux', get: (name: string) => (name === 'PATH' ? PATH : undefined) } as const;
  const { gpus } = await createGpus({ environment, root: at.folder.path, commandLimitMs: 2_000 }).probe();
  expect(gpus).toHaveLength(2);
  await chmod(at.folder.at('unreadable'), 0o700);
});

test('a machine without GPUs says where it looked, and what memory it has itself', async () => {
  await using at = await setup();
  await at.file('proc/meminfo', await fixture('meminfo.txt'));
  expect(await at.gpus.probe()).toEqual({
    gpus: [],
    ram: {
      totalBytes: 24_684_092 * 1024,
      freeBytes: 24_105_884 * 1024,
      availableBytes: 24_105_884 * 1024,
    },
    reasons: [
      'nvidia-smi: not installed',
      `nvidia driver: nothing at ${at.folder.path}/proc/driver/nvidia/gpus/*/information`,
      `graphics devices: nothing at ${at.folder.path}/sys/class/drm/*/device/mem_info_vram_total`,
    ],
  });
});

test('where the kernel has no file of its memory the runtime is asked', async () => {
  await using at = await setup();
  const { ram } = await at.gpus.probe();
  expect(ram.totalBytes).toBeGreaterThan(ram.freeBytes);
  expect(ram.freeBytes).toBeGreaterThan(0);
});

onPosix('a driver that hangs, fails or only complains costs no more than its answer', async () => {
  await using hanging = await setup();
  await hanging.file('bin/nvidia-smi', '#!/bin/sh\n/bin/sleep 60\n');
  await chmod(hanging.folder.at('bin/nvidia-smi'), 0o755);
  const { gpus, reasons } = await within(10_000, 'the probe', hanging.gpus.probe());
  expect(gpus).toEqual([]);
  expect(reasons).toContain('nvidia-smi: no answer within 300 ms');
  await using complaining = await setup();
  await complaining.program('nvidia-smi', NVIDIA_WORDS, 'No devices were found');
  expect((await complaining.gpus.probe()).reasons).toContain('nvidia-smi: lists no GPU');
  await using failing = await setup();
  await failing.file('bin/nvidia-smi', '#!/bin/sh\necho "GPU-1, 1, 2, 1, 1, one"; exit 9\n');
  await chmod(failing.folder.at('bin/nvidia-smi'), 0o755);
  expect(await failing.gpus.probe()).toMatchObject({ gpus: [] });
  expect((await failing.gpus.probe()).reasons).toContain('nvidia-smi: ended with status 9');
});

onPosix('a program that hangs is killed with what it started', async () => {
  await using at = await setup();
  await at.file('bin/nvidia-smi', `#!/bin/sh\n/bin/sleep 60 & echo $! > '${at.folder.at('pid')}'; wait\n`);
  await chmod(at.folder.at('bin/nvidia-smi'), 0o755);
  const { reasons } = await within(10_000, 'the probe', at.gpus.probe());
  expect(reasons).toContain('nvidia-smi: no answer within 300 ms');
  await goneSoon(Number(await readFile(at.folder.at('pid'), 'utf8')));
});

onPosix('a probed program gets none of our secrets', async () => {
  await using at = await setup();
  await at.file('bin/nvidia-smi', `#!/bin/sh\nset > '${at.folder.at('set')}'\n`);
  await chmod(at.folder.at('bin/nvidia-smi'), 0o755);
  process.env['A_TEST_TOKEN'] = 'hunter2';
  await at.gpus.probe().finally(() => void delete process.env['A_TEST_TOKEN']);
  expect(await readFile(at.folder.at('set'), 'utf8')).not.toContain('hunter2');
});

test('without nvidia-smi the files of the NVIDIA driver are read', async () => {
  await using at = await setup();
  const text = await fixture('nvidia-information.txt');
  await at.file('proc/driver/nvidia/gpus/0000:01:00.0/information', text);
  await at.file('proc/driver/nvidia/gpus/0000:02:00.0/information', text.replace('24564 MiB', '8 GiB'));
  expect((await at.gpus.probe()).gpus.map(({ name, totalBytes }) => [name, totalBytes])).toEqual([
    ['NVIDIA GeForce RTX 4090', 24564 * MIB],
    ['NVIDIA GeForce RTX 4090', 8 * GIB],
  ]);
});

onPosix('a GPU that nvidia-smi lists is not counted again from driver files', async () => {
  await using at = await setup();
  await at.program('nvidia-smi', NVIDIA_WORDS, `${(await fixture('nvidia-gpus.txt')).split('\n')[0]}\n`);
  await at.file('proc/driver/nvidia/gpus/0000:01:00.0/information', await fixture('nvidia-information.txt'));
  expect((await at.gpus.probe()).gpus).toMatchObject([{ totalBytes: 24564 * MIB, freeBytes: 22878 * MIB }]);
});

onPosix('the VRAM total announced to a studio is what the memory gate sees', async () => {
  await using at = await setup();
  await at.program('nvidia-smi', NVIDIA_WORDS, `${(await fixture('nvidia-gpus.txt')).split('\n')[0]}\n`);
  const information = (await fixture('nvidia-information.txt')).replace('24564 MiB', '48 GiB');
  await at.file('proc/driver/nvidia/gpus/0000:01:00.0/information', information);
  const machine = createMachine({ environment: { hostName: 'box', userName: 'pat' }, gpus: at.gpus });
  const seen = (await at.gpus.probe()).gpus.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  expect(await machine.vramTotalGb()).toBe(seen / GIB);
  expect(seen).toBe(24564 * MIB);
});

test('an NVIDIA GPU whose driver omits its size or name still counts', async () => {
  const text = await fixture('nvidia-information.txt');
  const uuid = 'GPU-3b1a0a36-0000-0000-0000-000000000000';
  expect(parseNvidiaInformation(text)).toMatchObject({
    name: 'NVIDIA GeForce RTX 4090',
    uuid,
    totalBytes: 24564 * MIB,
  });
  expect(parseNvidiaInformation(text.replace(/Video Memory.*/, ''))).toMatchObject({ uuid, totalBytes: 0 });
  expect(parseNvidiaInformation('Video Memory: \t 24 GiB')).toMatchObject({ name: 'NVIDIA GPU', totalBytes: 24 * GIB });
});

test('a name with a comma in it is still one name', () => {
  expect(parseNvidiaGpus('GPU-1, 1.0, 10, 4, 6, NVIDIA RTX, Laptop\n')).toMatchObject([{ name: 'NVIDIA RTX, Laptop' }]);
});

test('what a GPU does not report is absent, never a wrong number', async () => {
  const nothing = { total: undefined, used: undefined, productName: undefined, uniqueId: undefined, uevent: undefined };
  expect(parseAmdGpu({ ...nothing, driver: undefined })).toBeUndefined();
  expect(parseAmdGpu({ ...nothing, total: '8589934592\n', driver: undefined })).toEqual({
    vendor: 'amd',
    name: 'AMD GPU',
    uuid: undefined,
    pciSlot: undefined,
    driver: undefined,
    totalBytes: 8 * GIB,
    usedBytes: undefined,
    freeBytes: undefined,
  });
  expect(
    parseAmdGpu({ ...nothing, total: '4', used: '9', uniqueId: 'ab', productName: 'Pro W7900\n', driver: '' }),
  ).toMatchObject({
    name: 'Pro W7900',
    uuid: 'ab',
    freeBytes: 0,
  });
  expect(parseAppleGpu('0\n', '')).toBeUndefined();
  expect(parseAppleGpu(`${8 * GIB}\n`, '')).toMatchObject({
    name: 'Apple GPU',
    totalBytes: 6 * GIB,
    freeBytes: undefined,
  });
  expect(parseVmStat('nonsense')).toBeUndefined();
  expect(parseMemInfo('MemTotal: 1 kB\n')).toBeUndefined();
  expect(parseMemInfo('MemTotal: 2 kB\nMemFree: 1 kB\n')).toEqual({ totalBytes: 2048, freeBytes: 1024 });
  expect(parseWindowsGpus(await fixture('registry.txt'))).toHaveLength(3);
});

test('no text makes a parser fail, and no size is ever below zero', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string()).map((parts) => parts.join(', ')),
      ),
      (text) => {
        const amd = parseAmdGpu({
          total: text,
          used: text,
          productName: text,
          uniqueId: text,
          uevent: text,
          driver: text,
        });
        const gpus = [
          ...parseNvidiaGpus(text),
          parseNvidiaInformation(text),
          ...parseWindowsGpus(text),
          amd,
          parseAppleGpu(text, text),
        ];
        return gpus.every((gpu) => gpu === undefined || (gpu.totalBytes >= 0 && (gpu.freeBytes ?? 0) >= 0));
      },
    ),
  );
});
