import { expect, test } from 'bun:test';
import { createMachine } from '../../../../src/system/machine/machine.ts';
import { type GpuRules, gpusUnder, hasRules, ruleGpus } from '../../../../src/worker/placement/gpu-rules.ts';
import { aGpu, reportOf } from '../../../fakes/system/a-gpu.ts';

const FAST = aGpu(0, { name: 'NVIDIA GeForce RTX 4090', uuid: 'GPU-8932f937-0001' });
const TWIN = aGpu(0, { name: 'NVIDIA GeForce RTX 4090', uuid: 'GPU-8932f937-0002' });
const SLOW = aGpu(0, { name: 'NVIDIA GeForce GTX 1650', uuid: 'GPU-11111111-0003' });
const RADEON = aGpu(0, { vendor: 'amd', name: 'Radeon Pro W7900', uuid: '4a1b' });
const ALL = [FAST, TWIN, SLOW, RADEON];

const NONE: GpuRules = { allow: [], deny: [], cudaVisible: undefined, cudaOrder: undefined };
const allowedBy = (rules: Partial<GpuRules>, gpus = ALL) => ruleGpus(gpus, { ...NONE, ...rules }).allowed;

test('without a rule every GPU is used', () => {
  expect(hasRules(NONE)).toBe(false);
  expect(ruleGpus(ALL, NONE)).toEqual({ allowed: ALL, denied: [], problems: [] });
});

test.each([
  ['a uuid', 'GPU-8932f937-0002', [TWIN]],
  ['the beginning of a uuid', 'gpu-8932f937', [FAST, TWIN]],
  ['a part of a name in another case', 'radeon PRO', [RADEON]],
  ['a part of several names', ' GeForce ', [FAST, TWIN, SLOW]],
])('%s names the GPUs that are allowed or denied', (_, rule, named) => {
  expect(allowedBy({ allow: [rule] })).toEqual(named);
  expect(allowedBy({ deny: [rule] })).toEqual(ALL.filter((gpu) => !named.includes(gpu)));
});

test('the end of a uuid names no GPU', () => {
  expect(allowedBy({ deny: ['0002'] })).toEqual(ALL);
});

test('a GPU that is both allowed and denied is not used', () => {
  const { allowed, denied } = ruleGpus(ALL, { ...NONE, allow: ['4090'], deny: [TWIN.uuid ?? ''] });
  expect(allowed).toEqual([FAST]);
  expect(denied).toEqual([
    { gpu: TWIN, by: 'deny_gpus' },
    { gpu: SLOW, by: 'allow_gpus' },
    { gpu: RADEON, by: 'allow_gpus' },
  ]);
});

test('a rule that names no GPU is reported with those that there are', () => {
  const { problems } = ruleGpus([SLOW, RADEON], { ...NONE, allow: ['1650', '3080'], deny: [''] });
  expect(problems).toEqual([
    'allow_gpus names "3080", which is no GPU of this machine; there are NVIDIA GeForce GTX 1650 (GPU-11111111-0003) and Radeon Pro W7900 (4a1b)',
    'deny_gpus names "", which is no GPU of this machine; there are NVIDIA GeForce GTX 1650 (GPU-11111111-0003) and Radeon Pro W7900 (4a1b)',
  ]);
  expect(ruleGpus([], { ...NONE, deny: ['4090'] }).problems).toEqual([
    'deny_gpus names "4090", which is no GPU of this machine; no GPU was found',
  ]);
});

test('an allow list that names nothing of this machine leaves no GPU', () => {
  expect(allowedBy({ allow: ['3080'] })).toEqual([]);
});

test.each([
  ['0,2', [FAST, SLOW]],
  ['2, 0', [FAST, SLOW]],
  ['0,2,-1,1', [FAST, SLOW]],
  ['7', []],
  ['', []],
  ['NoDevFiles', []],
  ['GPU-8932f937-0002', [TWIN]],
  ['gpu-1111', [SLOW]],
  ['GPU-8932f937', []],
  ['MIG-GPU-11111111-0003/1/0', [SLOW]],
  ['MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f', [FAST]],
])('CUDA_VISIBLE_DEVICES=%s leaves what CUDA would leave of NVIDIA’s GPUs', (cudaVisible, visible) => {
  expect(hasRules({ ...NONE, cudaVisible })).toBe(true);
  expect(allowedBy({ cudaVisible })).toEqual([...visible, RADEON]);
  expect(allowedBy({ cudaVisible, allow: ['NVIDIA'] })).toEqual(visible);
});

test('counting GPUs that differ is reported unless their order is set', () => {
  const problemsOf = (rules: Partial<GpuRules>, gpus = ALL) => ruleGpus(gpus, { ...NONE, ...rules }).problems;
  expect(problemsOf({ cudaVisible: '0' })).toEqual([expect.stringContaining('Name them by uuid')]);
  expect(problemsOf({ cudaVisible: '0', cudaOrder: 'PCI_BUS_ID' })).toEqual([]);
  expect(problemsOf({ cudaVisible: '0' }, [FAST, TWIN])).toEqual([]);
  expect(problemsOf({ cudaVisible: 'GPU-1111' })).toEqual([]);
});

test('a GPU that is kept from use counts for nothing that is advertised', async () => {
  const four = { ...reportOf(FAST), gpus: ALL, reasons: ['registry: silent'] };
  const gpus = gpusUnder({ probe: async () => four }, { ...NONE, deny: ['geforce rtx', 'radeon'], allow: [] });
  const report = await gpus.probe();
  expect(report.gpus).toEqual([SLOW]);
  expect(report.reasons[1]).toBe('NVIDIA GeForce RTX 4090 (GPU-8932f937-0001): kept from use by deny_gpus');
  expect(report.denied?.map(({ gpu }) => gpu)).toEqual([FAST, TWIN, RADEON]);
  const machine = createMachine({ environment: { hostName: 'box', userName: 'pat' }, gpus });
  expect(await machine.vramTotalGb()).toBe(24);
});
