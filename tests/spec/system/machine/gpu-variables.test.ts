import { describe, expect, test } from 'bun:test';
import type { Gpu } from '../../../../src/system/machine/gpu-text.ts';
import { type GpuNaming, gpuVariables, placesInVulkan } from '../../../../src/system/machine/gpu-variables.ts';
import type { VulkanDevice } from '../../../../src/system/native/vulkan-devices.ts';
import { FOUR_GPUS, FOUR_IN_VULKAN, seesOnly } from '../../../fakes/engines/gpu-access.ts';
import { aGpu } from '../../../fakes/system/a-gpu.ts';

const NVIDIA = aGpu(0, { name: 'NVIDIA GeForce RTX 4090', uuid: 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6' });
const RADEON = aGpu(0, {
  vendor: 'amd',
  name: 'AMD GPU 1002:744C',
  uuid: '8a4f3b2c1d0e9f87',
  pciSlot: '0000:03:00.0',
});
const ARC = aGpu(0, { vendor: 'other', name: 'Intel(R) Arc(TM) A770 Graphics', uuid: undefined });
const MIXED = [NVIDIA, RADEON, ARC];
const MIXED_IN_VULKAN: readonly VulkanDevice[] = [
  { index: 0, name: ARC.name, uuid: '86800000'.repeat(4), pciSlot: undefined },
  {
    index: 1,
    name: 'AMD Radeon RX 7900 XTX (RADV NAVI31)',
    uuid: '00000000030000000000000000000000',
    pciSlot: '0000:03:00.0',
  },
  { index: 2, name: 'NVIDIA GeForce RTX 4090', uuid: '8932f937d72c4106c12f20bd9faed9f6', pciSlot: undefined },
];

const naming = (all: readonly Gpu[], about: Partial<GpuNaming> = {}): GpuNaming => ({
  all,
  vulkan: MIXED_IN_VULKAN,
  inherited: {},
  platform: 'linux',
  ...about,
});
const variablesOf = (visible: readonly Gpu[], about: Partial<GpuNaming> = {}, all = MIXED) =>
  gpuVariables(visible, naming(all, about)).variables;

test('a program that may see every GPU gets no variable', () => {
  expect(gpuVariables(MIXED, naming(MIXED))).toEqual({ variables: {}, notInVulkan: [] });
});

test.each(FOUR_GPUS.map((gpu) => [gpu.uuid ?? '', gpu] as const))('%s is told from GPUs of its name', (_, gpu) => {
  expect(gpuVariables([gpu], naming(FOUR_GPUS, { vulkan: FOUR_IN_VULKAN }))).toEqual({
    variables: seesOnly(gpu),
    notInVulkan: [],
  });
});

describe('on a machine with GPUs of several vendors', () => {
  test('the only one of NVIDIA needs no name for CUDA, and others are hidden', () => {
    expect(variablesOf([NVIDIA])).toEqual({ HIP_VISIBLE_DEVICES: '-1', GGML_VK_VISIBLE_DEVICES: '2' });
  });

  test('one of AMD is named by its id and its place', () => {
    expect(variablesOf([RADEON])).toEqual({ CUDA_VISIBLE_DEVICES: '', GGML_VK_VISIBLE_DEVICES: '1' });
    const twin = { ...RADEON, uuid: '0000000000000001', pciSlot: '0000:04:00.0', index: 1 };
    expect(variablesOf([RADEON], {}, [RADEON, twin])).toEqual({
      ROCR_VISIBLE_DEVICES: 'GPU-8a4f3b2c1d0e9f87',
      GGML_VK_VISIBLE_DEVICES: '1',
    });
  });

  test('one without an id is named by a name that no other has', () => {
    expect(variablesOf([ARC])).toEqual({
      CUDA_VISIBLE_DEVICES: '-1',
      HIP_VISIBLE_DEVICES: '-1',
      GGML_VK_VISIBLE_DEVICES: '0',
    });
  });

  test('several of them are named together, in the order of Vulkan or any other', () => {
    expect(variablesOf([NVIDIA, ARC])).toEqual({ HIP_VISIBLE_DEVICES: '-1', GGML_VK_VISIBLE_DEVICES: '2,0' });
  });
});

test('without any GPU a program of CUDA, ROCm or Vulkan finds none', () => {
  expect(variablesOf([])).toEqual({
    CUDA_VISIBLE_DEVICES: '-1',
    HIP_VISIBLE_DEVICES: '-1',
    GGML_VK_VISIBLE_DEVICES: '',
    VK_LOADER_DRIVERS_DISABLE: '*',
  });
});

test('GPUs of NVIDIA without a uuid are counted in the order of the bus', () => {
  const [one, other] = [
    { ...NVIDIA, uuid: undefined },
    { ...NVIDIA, uuid: undefined, index: 1 },
  ];
  expect(variablesOf([other], { vulkan: [] }, [one, other])).toEqual({
    CUDA_VISIBLE_DEVICES: '1',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  });
});

test('GPUs that Vulkan cannot tell apart are reported and not guessed', () => {
  const [one, other] = [ARC, { ...ARC, index: 1 }];
  const twins = [0, 1].map((index) => ({ index, name: ARC.name, uuid: '86800000'.repeat(4), pciSlot: undefined }));
  expect(gpuVariables([other], naming([one, other], { vulkan: twins }))).toEqual({
    variables: {},
    notInVulkan: [other],
  });
  expect(gpuVariables([other], naming([one, other], { vulkan: undefined })).notInVulkan).toEqual([other]);
});

test('each GPU that may be used has its place in Vulkan', () => {
  const [first, ...others] = FOUR_GPUS;
  const denied = first === undefined ? [] : [{ gpu: first }];
  const places = placesInVulkan({ gpus: [...others, ARC], denied }, FOUR_IN_VULKAN);
  expect([...(places ?? [])]).toEqual(others.map(({ uuid = '', index }) => [uuid, 4 - index]));
  expect(placesInVulkan({ gpus: FOUR_GPUS }, [])).toBeUndefined();
  expect(placesInVulkan({ gpus: FOUR_GPUS }, undefined)).toEqual(new Map());
});

test('where there is no Vulkan nothing of it is missed', () => {
  const [, second] = FOUR_GPUS;
  expect(gpuVariables(second === undefined ? [] : [second], naming(FOUR_GPUS, { vulkan: [] }))).toEqual({
    variables: { CUDA_VISIBLE_DEVICES: second?.uuid ?? '' },
    notInVulkan: [],
  });
});

describe('what the operator chose in the environment', () => {
  test('is narrowed to the GPU, and never widened', () => {
    const chosen = (value: string) => variablesOf([ARC], { inherited: { GGML_VK_VISIBLE_DEVICES: value } });
    expect(chosen('1,0')).toMatchObject({ GGML_VK_VISIBLE_DEVICES: '0' });
    expect(chosen('2')).not.toHaveProperty('GGML_VK_VISIBLE_DEVICES');
  });

  test('stays where it names a part of a GPU or counts by ROCm', () => {
    const [first] = FOUR_GPUS;
    const mig = { CUDA_VISIBLE_DEVICES: 'MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f' };
    expect(variablesOf(first === undefined ? [] : [first], { inherited: mig }, [...FOUR_GPUS])).not.toHaveProperty(
      'CUDA_VISIBLE_DEVICES',
    );
    const twin = { ...RADEON, uuid: '0000000000000001', index: 1 };
    const hip = { inherited: { HIP_VISIBLE_DEVICES: '1' } };
    expect(variablesOf([RADEON], hip, [RADEON, twin])).toEqual({ GGML_VK_VISIBLE_DEVICES: '1' });
  });
});
