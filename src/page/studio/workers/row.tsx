import { useState } from 'preact/hooks';
import type { WorkerView } from '../../../contract/operator/views.ts';
import { enginesOf } from '../../../contract/capabilities.ts';
import { date } from '../../format.ts';
import { StateBadge } from '../../kit/badge.tsx';
import { Button, IconButton } from '../../kit/button.tsx';
import { Level } from '../../kit/charts/bar.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { type Fact, Facts } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { WORKERS } from '../../words/studio/workers.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { KindChips } from './asking.tsx';
import { RemoveDialog } from './dialogs.tsx';
import { someOf, workerLook } from './look.ts';

/** One worker: its state, what it is at or why it takes nothing, what it lends, when it was heard of. */
export function WorkerRow({ worker, full = false }: { readonly worker: WorkerView; readonly full?: boolean }) {
  const { jobs, now } = usePage().model;
  const [isOpen, setOpen] = useState(false);
  const look = workerLook(worker, jobs.value ?? [], now.value);
  const { machineName, agentVersion } = worker.capabilities;
  const { currentJobId } = worker;
  return (
    <li class={full ? 'row worker worker--do' : 'row worker'}>
      <div class="grow">
        <p class="clip1 medium">{machineName}</p>
        <p class="note">{agentVersion}</p>
      </div>
      <span>
        <StateBadge {...look} />
      </span>
      <div class="grow">
        <p class={currentJobId === undefined ? 't3 clip1' : 'clip1'}>
          {currentJobId === undefined ? (
            look.doing
          ) : (
            <a class="plain" href={hrefOf({ tab: 'jobs', at: currentJobId })}>
              {look.doing}
            </a>
          )}
        </p>
        {look.note !== undefined && (
          <p class={full ? 'note' : 'note clip1'} title={look.note}>
            {look.note}
          </p>
        )}
      </div>
      <Lends worker={worker} />
      <span class="num t3 sm">{look.seen}</span>
      {full && (
        <IconButton icon="more" label={WORKERS.more(machineName)} expanded={isOpen} onPress={() => setOpen(!isOpen)} />
      )}
      {isOpen && <More worker={worker} />}
    </li>
  );
}

function Lends({ worker }: { readonly worker: WorkerView }) {
  const { vramThresholdGb, vramTotalGb } = worker.capabilities;
  if (vramTotalGb === 0) return <span class="t3 sm">{WORKERS.noGpu}</span>;
  const [threshold, total] = [short(vramThresholdGb), short(vramTotalGb)];
  return (
    <div class="mini">
      <span class="num sm t2">{WORKERS.lends(threshold, total)}</span>
      <Level label={WORKERS.lendsLabel(threshold, total)} share={vramThresholdGb / vramTotalGb} />
    </div>
  );
}

/** `12`, `11.5` */
const short = (amount: number): string => String(Math.round(amount * 10) / 10);

/** What there is to know beside, and what is done rarely. */
function More({ worker }: { readonly worker: WorkerView }) {
  const [isRemoving, setRemoving] = useState(false);
  const { capabilities, workerId, installId, createdAt } = worker;
  const { facts } = WORKERS;
  const shown: readonly Fact[] = [
    { term: facts.kinds, value: <KindChips kinds={capabilities.taskKinds} /> },
    { term: facts.engines, value: someOf(enginesOf(capabilities)) || SHARED.none },
    { term: facts.models, value: someOf(capabilities.supportedModels) || SHARED.none },
    { term: facts.user, value: capabilities.username },
    { term: facts.updates, value: capabilities.autoUpdate === false ? WORKERS.no : WORKERS.yes },
    {
      term: facts.worker,
      value: (
        <>
          <span class="mono">{workerId}</span>
          <CopyIcon text={workerId} label={WORKERS.copyWorker} />
        </>
      ),
    },
    { term: facts.installation, value: <span class="mono">{installId ?? SHARED.notKnown}</span> },
    { term: facts.joined, value: date(Date.parse(createdAt)) },
  ];
  return (
    <div class="row__more stack stack--tight">
      <Facts look="tight" facts={shown} />
      <div class="line">
        <Button small look="danger" icon="trash" onPress={() => setRemoving(true)}>
          {WORKERS.remove}
        </Button>
      </div>
      {isRemoving && <RemoveDialog worker={worker} onClose={() => setRemoving(false)} />}
    </div>
  );
}
