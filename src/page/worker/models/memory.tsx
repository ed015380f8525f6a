import { bytes, gib } from '../../format.ts';
import { LevelBar } from '../../kit/charts/bar.tsx';
import { Key, MemoryBar } from '../../kit/charts/charts.tsx';
import { Panel } from '../../kit/panel.tsx';
import { MODELS } from '../../words/models.ts';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { inUse, memoryViews, type MemoryView } from '../status/memory-parts.ts';

/** What fills the memory and the disk. */
export function MemoryAndDisk() {
  const { status } = usePage().model;
  const views = status.value === undefined ? [] : memoryViews(status.value.memory);
  return (
    <Panel label={MODELS.memoryAndDisk}>
      <div class="panel__body panel__body--pad stack">
        {views.map((view) => (
          <Memory key={view.gpu ?? ''} view={view} />
        ))}
        <Disk />
      </div>
    </Panel>
  );
}

function Memory({ view }: { readonly view: MemoryView }) {
  const used = inUse(view);
  const free = view.free === undefined ? undefined : gib(view.free);
  return (
    <div class="memory">
      <div class="line line--apart">
        <p>
          <span class="strong">{view.gpu === undefined ? STATUS.memory.ram : STATUS.memory.title}</span>{' '}
          <span class="t3">{view.gpu}</span>
        </p>
        <p>
          {used !== undefined && <span class="strong">{gib(used)} </span>}
          <span class="t3">{MODELS.ofTotal(gib(view.total), free)}</span>
        </p>
      </div>
      <MemoryBar parts={view.parts} total={view.total} label={view.sentence} />
      <ul class="legend legend--inline">
        {view.parts.map(({ name, amount, part }) => (
          <li key={name}>
            <Key part={part} />
            {name} <span class="num t3">{gib(amount)}</span>
          </li>
        ))}
        {free !== undefined && (
          <li>
            <Key part="free" />
            {MODELS.free} <span class="num t3">{free}</span>
          </li>
        )}
      </ul>
    </div>
  );
}

function Disk() {
  const files = usePage().model.modelFiles.value;
  if (files === undefined) return null;
  const ours = files.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const free = files.freeBytes === null ? undefined : bytes(files.freeBytes);
  return (
    <div class="memory">
      <div class="line line--apart">
        <p>
          <span class="strong">{MODELS.disk}</span> <span class="mono t3">{files.root}</span>
        </p>
        <p>
          <span class="strong">{bytes(ours)}</span> <span class="t3">{MODELS.diskLine(free)}</span>
        </p>
      </div>
      {files.freeBytes !== null && (
        <LevelBar
          label={MODELS.diskSentence(bytes(ours), free)}
          ours={ours / Math.max(1, ours + files.freeBytes)}
          others={0}
        />
      )}
    </div>
  );
}
