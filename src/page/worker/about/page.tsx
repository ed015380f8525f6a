import type { ApiFinding } from '../../../local-api/contract/installation.ts';
import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { moment } from '../../format.ts';
import { CopyButton } from '../../kit/copy.tsx';
import { Mark } from '../../kit/icons/icons.tsx';
import { Facts, Page, Panel } from '../../kit/panel.tsx';
import { ABOUT } from '../../words/about.ts';
import { SHARED, SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { isLive } from '../state.ts';
import { StaleBanner } from '../stale.tsx';
import { DoctorPanel } from './doctor.tsx';
import { PlacesPanel } from './places.tsx';
import { UpdatePanel } from './update-panel.tsx';

/** Which version, is there a newer one, what does the doctor say, where are the files. */
export function AboutPage() {
  const { status, link, findings } = usePage().model;
  const known = status.value;
  if (known === undefined) {
    return (
      <Page title={SHELL.pages.about}>
        <StaleBanner />
        {isLive(link.value) && <p class="note">{ABOUT.reading}</p>}
      </Page>
    );
  }
  return (
    <Page
      title={SHELL.pages.about}
      head={
        <div class="push line">
          <CopyButton text={() => reportOf(known, findings.value)} label={ABOUT.copyReport} title={ABOUT.reportTitle} />
        </div>
      }
    >
      <StaleBanner />
      <div class="cols cols--aside">
        <VersionPanel status={known} />
        <UpdatePanel update={known.update} />
      </div>
      <DoctorPanel />
      <PlacesPanel status={known} />
    </Page>
  );
}

interface StatusProps {
  readonly status: LiveStatus;
}

function VersionPanel({ status }: StatusProps) {
  const { now } = usePage().model;
  return (
    <Panel label={SHARED.product}>
      <div class="hero">
        <div class="hero__tile">
          <Mark />
        </div>
        <div>
          <h2>{SHARED.product}</h2>
          <p class="t2">{ABOUT.version(status.version)}</p>
        </div>
      </div>
      <div class="panel__body">
        <Facts
          facts={[
            { term: ABOUT.release, value: <span class="mono">{ABOUT.releaseName(status.version)}</span> },
            { term: ABOUT.since, value: moment(status.startedAt, now.value), after: ABOUT.pid(status.pid) },
            { term: ABOUT.licence, value: ABOUT.licenceName },
          ]}
        />
      </div>
    </Panel>
  );
}

/** What somebody who helps wants to know first. */
const reportOf = (status: LiveStatus, findings: readonly ApiFinding[] | undefined): string => {
  const { version, configPath, localApiUrl, hero, session, update, engines } = status;
  return JSON.stringify({ version, hero, session, update, engines, configPath, localApiUrl, findings }, null, 2);
};
