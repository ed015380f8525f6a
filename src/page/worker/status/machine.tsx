import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { gib } from '../../format.ts';
import { type Fact, Facts, Panel } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { STATUS } from '../../words/status.ts';

const WORDS = STATUS.machine;

/** What this machine brings. */
export const MachinePanel = ({ status }: { readonly status: LiveStatus }) => (
  <Panel title={WORDS.title}>
    <div class="panel__body">
      <Facts look="end" facts={machineFacts(status)} />
    </div>
  </Panel>
);

function machineFacts({ machineName, memory, engines, vramTotalGb }: LiveStatus): readonly Fact[] {
  return [
    { term: WORDS.name, value: machineName },
    ...gpuFacts(memory, vramTotalGb),
    { term: WORDS.ram, value: memory.ram.totalGb > 0 ? gib(memory.ram.totalGb) : SHARED.notKnown },
    { term: WORDS.engines, value: WORDS.enginesReady(engines.length) },
  ];
}

/** One with its memory below it; several each with its own beside it. */
function gpuFacts({ at, gpus }: LiveStatus['memory'], vramTotalGb: number): readonly Fact[] {
  const [gpu, ...others] = gpus;
  if (gpu === undefined) return [{ term: WORDS.gpu, value: at === null ? SHARED.notKnown : SHARED.none }];
  if (others.length > 0) return gpus.map(({ label, totalGb }) => ({ term: label, value: gib(totalGb) }));
  return [
    { term: WORDS.gpu, value: gpu.name },
    { term: WORDS.gpuMemory, value: gib(gpu.totalGb || vramTotalGb) },
  ];
}
