import { kindName } from '../../../contract/tasks/index.ts';
import { useState } from 'preact/hooks';
import type { RegistrationView } from '../../../contract/operator/views.ts';
import { duration, gib } from '../../format.ts';
import { Chip } from '../../kit/badge.tsx';
import { Button, LinkButton } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { type Fact, Facts } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { WORKERS } from '../../words/studio/workers.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { RejectDialog } from './dialogs.tsx';
import { kindsOf, offerSentence, someOf } from './look.ts';

/** Workers that wait for a decision; nothing while none does. `brief`: what they bring in one sentence. */
export function AskingPanel({ brief = false }: { readonly brief?: boolean }) {
  const { registrations, now } = usePage().model;
  const [rejecting, setRejecting] = useState<RegistrationView | undefined>();
  const asking = registrations.value;
  const [oldest] = asking;
  if (oldest === undefined) return null;
  return (
    <section class="panel panel--ask" aria-label={WORKERS.asks(asking.length)}>
      <div class="panel__head">
        <h2>{WORKERS.asks(asking.length)}</h2>
        <span class="note push">{WORKERS.asked(duration(now.value - Date.parse(oldest.createdAt)))}</span>
      </div>
      {asking.map((registration) => (
        <Asking
          key={registration.requestId}
          registration={registration}
          brief={brief}
          onReject={() => setRejecting(registration)}
        />
      ))}
      {rejecting !== undefined && <RejectDialog registration={rejecting} onClose={() => setRejecting(undefined)} />}
    </section>
  );
}

interface AskingProps {
  readonly registration: RegistrationView;
  readonly brief: boolean;
  readonly onReject: () => void;
}

function Asking({ registration, brief, onReject }: AskingProps) {
  const { actions } = usePage();
  const { machineName, username, agentVersion } = registration;
  return (
    <div class="ask">
      <div class="hero__tile" data-tone="accent">
        <Icon name="workers" />
      </div>
      <div class="stack stack--tight">
        <p class="line">
          <strong class="ask__name">{machineName}</strong>
          <span class="t3">{WORKERS.who(username, agentVersion)}</span>
        </p>
        {brief ? <p class="t2">{offerSentence(registration)}</p> : <AskingFacts registration={registration} />}
      </div>
      <div class="ask__do">
        <Button
          look="primary"
          icon="check"
          label={WORKERS.approveWorker(machineName)}
          onPress={() => actions.approve(registration)}
        >
          {WORKERS.approve}
        </Button>
        <Button look="danger" label={WORKERS.rejectWorker(machineName)} onPress={onReject}>
          {WORKERS.reject}
        </Button>
        {brief && (
          <LinkButton look="quiet" href={hrefOf({ tab: 'workers' })}>
            {WORKERS.details}
          </LinkButton>
        )}
      </div>
    </div>
  );
}

/** An installation that was seen before is most likely the same machine, which is what an operator wants to know first. */
function AskingFacts({ registration }: { readonly registration: RegistrationView }) {
  const workers = usePage().model.workers.value ?? [];
  const { requestId, installId, vramTotalGb, supportedModels } = registration;
  const known = workers.find((worker) => worker.installId === installId);
  const { facts } = WORKERS;
  const shown: readonly Fact[] = [
    { term: facts.memory, value: vramTotalGb > 0 ? gib(vramTotalGb) : SHARED.none },
    { term: facts.kinds, value: <KindChips kinds={registration.taskKinds} /> },
    { term: facts.models, value: supportedModels.length === 0 ? SHARED.none : someOf(supportedModels) },
    {
      term: facts.request,
      value: (
        <>
          <span class="mono">{requestId}</span>
          <CopyIcon text={requestId} label={WORKERS.copyRequest} />
        </>
      ),
    },
    {
      term: facts.installation,
      value: <span class="mono">{installId}</span>,
      after: known === undefined ? WORKERS.notSeen : WORKERS.seenAs(known.capabilities.machineName),
    },
  ];
  return <Facts look="tight" facts={shown} />;
}

export function KindChips({ kinds }: { readonly kinds: readonly string[] }) {
  const known = kindsOf(kinds);
  if (known.length === 0) return <>{SHARED.none}</>;
  return (
    <span class="line">
      {known.map((kind) => (
        <Chip key={kind}>
          <Icon name={kind} />
          {kindName(kind)}
        </Chip>
      ))}
    </span>
  );
}
