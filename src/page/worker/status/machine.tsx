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
  const [gpu] = memory.gpus;
  return [
    { term: WORDS.name, value: machineName },
    { term: WORDS.gpu, value: gpu?.name ?? (memory.at === null ? SHARED.notKnown : SHARED.none) },
    ...(gpu === undefined ? [] : [{ term: WORDS.gpuMemory, value: gib(gpu.totalGb || vramTotalGb) }]),
    { term: WORDS.ram, value: memory.ram.totalGb > 0 ? gib(memory.ram.totalGb) : SHARED.notKnown },
    { term: WORDS.engines, value: WORDS.enginesReady(engines.length) },
  ];
}
