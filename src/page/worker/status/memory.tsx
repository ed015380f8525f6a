import type { ApiLoadedModel, LiveStatus } from '../../../local-api/contract/status.ts';
import { countdown, gib } from '../../format.ts';
import { Key, MemoryBar } from '../../kit/charts/charts.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Slider } from '../../kit/slider.tsx';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { inUse, memoryView, type MemoryView } from './memory-parts.ts';

const WORDS = STATUS.memory;

/** What the memory for models is filled with. */
export function MemoryPanel({ status }: { readonly status: LiveStatus }) {
  const view = memoryView(status.memory);
  if (view === undefined) {
    return (
      <Panel title={WORDS.title}>
        <div class="panel__body">
          <p class="t2">{WORDS.measuring}</p>
        </div>
      </Panel>
    );
  }
  const { gpu, free } = view;
  return (
    <Panel
      title={gpu === undefined ? WORDS.ram : WORDS.title}
      aside={<span class="note">{gpu === undefined ? WORDS.cpu : gpu}</span>}
    >
      <div class="panel__body stack">
        <div class="memory">
          <MemoryLine view={view} />
          <MemoryBar parts={view.parts} total={view.total} label={view.sentence} />
        </div>
        {view.parts.length > 0 && <Legend view={view} />}
        {free === undefined && <p class="note">{WORDS.freeUnknown}</p>}
        {gpu === undefined && <p class="note">{WORDS.noGpu}</p>}
        <Threshold status={status} />
      </div>
    </Panel>
  );
}

/** By half a GiB, as estimates are. */
const STEP_GIB = 0.5;

function Threshold({ status }: { readonly status: LiveStatus }) {
  const { actions } = usePage();
  const { vramTotalGb, vramThresholdGb } = status;
  if (vramTotalGb <= 0) {
    return (
      <Facts
        look="end"
        facts={[{ term: WORDS.threshold, value: <span class="strong num">{gib(vramThresholdGb)}</span> }]}
      />
    );
  }
  return (
    <Slider
      id="threshold"
      label={WORDS.threshold}
      help={WORDS.thresholdHelp}
      value={vramThresholdGb}
      max={Math.max(vramTotalGb, vramThresholdGb)}
      step={STEP_GIB}
      say={gib}
      onChange={(gb) => void actions.setThreshold(gb)}
    />
  );
}

function MemoryLine({ view }: { readonly view: MemoryView }) {
  const used = inUse(view);
  return (
    <div class="line line--apart">
      {used === undefined ? (
        <p class="t3">{WORDS.total(gib(view.total))}</p>
      ) : (
        <p>
          <span class="strong">{gib(used)}</span> <span class="t3">{WORDS.inUse(gib(view.total))}</span>
        </p>
      )}
      {view.free !== undefined && <p class="t2">{WORDS.free(gib(view.free))}</p>}
    </div>
  );
}

function Legend({ view }: { readonly view: MemoryView }) {
  const { now } = usePage().model;
  return (
    <ul class="legend">
      {view.parts.map(({ name, amount, part, model }) => (
        <li key={name}>
          <Key part={part} />
          <span class="clip1">{name}</span>
          <span class="t3 sm">{model === undefined ? '' : modelNote(model, now.value)}</span>
          <span class="num">{gib(amount)}</span>
        </li>
      ))}
    </ul>
  );
}

/** What becomes of a model in memory. */
export const modelNote = ({ state, unloadsAt }: ApiLoadedModel, now: number): string =>
  state === 'idle' && unloadsAt !== undefined ? WORDS.unloadsIn(countdown(unloadsAt - now)) : STATUS.modelStates[state];
