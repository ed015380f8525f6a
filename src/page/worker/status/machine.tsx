import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { gib } from '../../format.ts';
import { LinkButton } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { type Fact, Facts, Panel } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { STATUS } from '../../words/status.ts';
import { hrefOf } from '../route.ts';

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

/** For somebody who wants another studio, or has none. */
export const NoStudioPanels = () => (
  <div class="stack">
    <Panel title={STATUS.register.title}>
      <div class="panel__body stack">
        <p class="t2">{STATUS.register.how}</p>
        <div class="line">
          <LinkButton href={hrefOf({ tab: 'config', at: 'connection' })}>{STATUS.register.choose}</LinkButton>
        </div>
      </div>
    </Panel>
    <NoStudioPanel />
  </div>
);

const NoStudioPanel = () => (
  <Panel title={STATUS.register.noStudio}>
    <div class="panel__body stack">
      <p class="t2">{STATUS.register.runOne}</p>
      <CopyCommand command={STATUS.register.studioCommand} />
    </div>
  </Panel>
);
