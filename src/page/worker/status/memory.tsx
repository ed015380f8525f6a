import type { ApiLoadedModel, LiveStatus } from '../../../local-api/contract/status.ts';
import { kindName } from '../../../contract/tasks/index.ts';
import { countdown, gib } from '../../format.ts';
import { Key, MemoryBar } from '../../kit/charts/charts.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Slider } from '../../kit/slider.tsx';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { inUse, memoryViews, type MemoryView } from './memory-parts.ts';

const WORDS = STATUS.memory;

/** What the memory for models is filled with. */
export function MemoryPanel({ status }: { readonly status: LiveStatus }) {
  const views = memoryViews(status.memory);
  const [view] = views;
  if (view === undefined) {
    return (
      <Panel title={WORDS.title}>
        <div class="panel__body">
          <p class="t2">{WORDS.measuring}</p>
        </div>
      </Panel>
    );
  }
  const { gpu } = view;
  const aside = views.length > 1 ? WORDS.count(status.memory.gpus.length) : (gpu ?? WORDS.cpu);
  return (
    <Panel title={gpu === undefined ? WORDS.ram : WORDS.title} aside={<span class="note">{aside}</span>}>
      <div class="panel__body stack">
        {views.map((one) => (
          <OneMemory key={one.gpu ?? ''} view={one} jobs={status.activeJobs} isOneOfSeveral={views.length > 1} />
        ))}
        {gpu === undefined && <p class="note">{WORDS.noGpu}</p>}
        <Denied memory={status.memory} />
        <Threshold status={status} />
      </div>
    </Panel>
  );
}

interface OneMemoryProps {
  readonly view: MemoryView;
  readonly jobs: LiveStatus['activeJobs'];
  readonly isOneOfSeveral: boolean;
}

/** One memory with what is in it; of several, with its name and what runs on it. */
const OneMemory = ({ view, jobs, isOneOfSeveral }: OneMemoryProps) => (
  <div class="stack">
    <div class="memory">
      {isOneOfSeveral && (
        <div class="line line--apart">
          <p class="strong">{view.gpu ?? WORDS.ram}</p>
          <p class="t2">{WORDS.runs(jobs.filter(({ gpu }) => gpu === view.gpu).map(({ kind }) => kindName(kind)))}</p>
        </div>
      )}
      <MemoryLine view={view} />
      <MemoryBar parts={view.parts} total={view.total} label={view.sentence} />
    </div>
    {view.parts.length > 0 && <Legend view={view} />}
    {view.free === undefined && <p class="note">{WORDS.freeUnknown}</p>}
  </div>
);

/** GPUs that the config keeps from use. */
const Denied = ({ memory: { deniedGpus } }: Pick<LiveStatus, 'memory'>) =>
  deniedGpus.map(({ id, name, by }) => (
    <p key={id} class="note">
      {WORDS.denied(name, by)}
    </p>
  ));

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
const modelNote = ({ state, unloadsAt }: ApiLoadedModel, now: number): string =>
  state === 'idle' && unloadsAt !== undefined ? WORDS.unloadsIn(countdown(unloadsAt - now)) : STATUS.modelStates[state];
