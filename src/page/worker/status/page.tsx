import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { LinkButton } from '../../kit/button.tsx';
import { Hero, Page } from '../../kit/panel.tsx';
import { SHARED, SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { stateLook, stateSentence } from '../state.ts';
import { StudioPanel } from './studio.tsx';
import { DayPanel } from './day.tsx';
import { EnginesPanel } from './engines.tsx';
import { MemoryPanel } from './memory.tsx';
import { RunningJobs } from './now.tsx';
import { OfflinePage, SignedOutPage } from './offline.tsx';
import { PendingPanels } from './pending.tsx';
import { MachinePanel } from './machine.tsx';
import { RegisterPanels } from './register.tsx';
import { RejectedPanel } from './rejected.tsx';
import { WhyPanel } from './why.tsx';

/** Is it working, for whom, on what, and does anything need me? */
export function StatusPage() {
  const { link, status, now } = usePage().model;
  if (link.value.is === 'signed-out') return <SignedOutPage />;
  if (link.value.is === 'lost') return <OfflinePage />;
  if (status.value === undefined) return <Page title={SHELL.pages.status}>{null}</Page>;
  const known = status.value;
  const look = stateLook(known);
  return (
    <Page title={SHELL.pages.status} head={known.hero === 'not-registered' ? undefined : <StudioLink status={known} />}>
      <Hero
        {...look}
        sentence={stateSentence(known, now.value)}
        now={known.activeJobs.length === 0 ? undefined : <RunningJobs jobs={known.activeJobs} />}
      />
      <Panels status={known} />
    </Page>
  );
}

const StudioLink = ({ status }: { readonly status: LiveStatus }) => (
  <div class="push">
    <LinkButton look="quiet" icon="external" href={status.studioUrl} outside>
      {SHARED.openStudio}
    </LinkButton>
  </div>
);

function Panels({ status }: { readonly status: LiveStatus }) {
  if (status.hero === 'not-registered') {
    return (
      <div class="cols cols--main">
        <RegisterPanels status={status} />
        <MachinePanel status={status} />
      </div>
    );
  }
  if (status.hero === 'waiting') return <PendingPanels status={status} />;
  if (status.hero === 'rejected') return <RejectedPanel status={status} />;
  return (
    <>
      <WhyPanel status={status} />
      <div class="cols cols--2">
        <MemoryPanel status={status} />
        <StudioPanel status={status} />
      </div>
      <DayPanel status={status} />
      <EnginesPanel />
    </>
  );
}
