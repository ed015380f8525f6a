import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { clockSeconds, gib } from '../../format.ts';
import { LinkButton } from '../../kit/button.tsx';
import { CopyLarge } from '../../kit/copy.tsx';
import { type Fact, Facts, Panel } from '../../kit/panel.tsx';
import { Steps } from '../../kit/steps.tsx';
import { STATUS } from '../../words/status.ts';
import { hrefOf } from '../route.ts';
import { StudioAnchor } from './studio.tsx';

const WORDS = STATUS.pending;

/** The request that waits for the studio's operator, and what happens then. */
export function PendingPanels({ status }: { readonly status: LiveStatus }) {
  const { registration } = status;
  if (registration.state !== 'pending') return null;
  return (
    <div class="cols cols--main">
      <Panel title={WORDS.title}>
        <div class="panel__body stack">
          <div class="field">
            <span class="field__label">{WORDS.requestId}</span>
            <CopyLarge text={registration.requestId} what={WORDS.requestId} />
            <p class="field__help">{WORDS.help}</p>
          </div>
          <Facts facts={requestFacts(status, registration.since)} />
          <ChooseAnother />
        </div>
      </Panel>
      <Panel title={WORDS.steps}>
        <div class="panel__body">
          <Steps now={1} steps={stepsFrom(registration.since)} />
        </div>
      </Panel>
    </div>
  );
}

/** Leads to where the studio is named. */
const ChooseAnother = () => (
  <div class="line">
    <LinkButton href={hrefOf({ tab: 'config', at: 'studio' })}>{STATUS.register.choose}</LinkButton>
  </div>
);

const requestFacts = (status: LiveStatus, since: number): readonly Fact[] => [
  { term: STATUS.studio.address, value: <StudioAnchor url={status.studioUrl} /> },
  { term: STATUS.machine.title, value: status.machineName },
  ...(status.vramTotalGb > 0
    ? [
        {
          term: STATUS.machine.gpuMemory,
          value: gib(status.vramTotalGb),
          after: WORDS.upTo(gib(status.vramThresholdGb)),
        },
      ]
    : []),
  { term: WORDS.asked, value: clockSeconds(since) },
];

const stepsFrom = (since: number) => [
  { title: WORDS.sent, say: clockSeconds(since) },
  {
    title: WORDS.approves,
    say: (
      <>
        {WORDS.approvesHow} <code>{WORDS.approveCommand}</code>
      </>
    ),
  },
  { title: WORDS.connects, say: WORDS.connectsWhen },
  { title: WORDS.arrive, say: WORDS.arriveHow },
];
