import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { duration, moment, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { CopyButton, CopyCommand, CopyText } from '../../kit/copy.tsx';
import { Mark } from '../../kit/icons/icons.tsx';
import { Facts, Page, Panel } from '../../kit/panel.tsx';
import { Steps } from '../../kit/steps.tsx';
import { ABOUT } from '../../words/about.ts';
import { SHARED, SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { isLive } from '../state.ts';
import { StaleBanner } from '../stale.tsx';
import { updateLook } from './update.ts';

/** Which version, is there a newer one, where are the files. */
export function AboutPage() {
  const { status, link } = usePage().model;
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
          <CopyButton text={() => reportOf(known)} label={ABOUT.copyReport} title={ABOUT.reportTitle} />
        </div>
      }
    >
      <StaleBanner />
      <div class="cols cols--aside">
        <VersionPanel status={known} />
        <UpdatePanel status={known} />
      </div>
      <Panel title={ABOUT.doctor}>
        <div class="panel__body stack">
          <p class="t2">{ABOUT.doctorSay}</p>
          <CopyCommand command={ABOUT.doctorCommand} />
        </div>
      </Panel>
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

function UpdatePanel({ status }: StatusProps) {
  const { model, actions } = usePage();
  const { now } = model;
  const { update } = status;
  if (update === null) {
    return (
      <Panel title={ABOUT.update}>
        <div class="panel__body">
          <p class="t2">{ABOUT.say.none}</p>
        </div>
      </Panel>
    );
  }
  const { tone, icon, word, say, step } = updateLook(update);
  const { because, pinned, lastCheckAt } = update;
  return (
    <Panel
      title={ABOUT.update}
      aside={
        <Badge tone={tone} icon={icon}>
          {word}
        </Badge>
      }
    >
      <div class="panel__body stack">
        <p class="t2">{say}</p>
        {because !== undefined && <p class="t2">{sentence(because)}</p>}
        {step !== undefined && <Steps line now={step} steps={ABOUT.steps.map((title) => ({ title }))} />}
        {pinned !== undefined && <p class="note">{ABOUT.pinned(pinned)}</p>}
        <p class="note">
          {lastCheckAt === undefined ? ABOUT.neverChecked : ABOUT.lastCheck(duration(now.value - lastCheckAt))}
        </p>
        <div class="line">
          <Button look="primary" icon="retry" title={ABOUT.nowTitle} onPress={() => actions.update('newest')}>
            {ABOUT.now}
          </Button>
          <Button icon="undo" title={ABOUT.rollBackTitle} onPress={() => actions.update('rollback')}>
            {ABOUT.rollBack}
          </Button>
        </div>
      </div>
    </Panel>
  );
}

const PlacesPanel = ({ status }: StatusProps) => (
  <Panel title={ABOUT.places}>
    <div class="panel__body">
      <Facts
        look="copy"
        facts={[
          {
            term: ABOUT.config,
            value: <CopyText text={status.configPath} what={ABOUT.config} label={ABOUT.copyConfig} />,
          },
          { term: ABOUT.api, value: <CopyText text={status.localApiUrl} what={ABOUT.api} label={ABOUT.copyApi} /> },
        ]}
      />
    </div>
  </Panel>
);

/** What somebody who helps wants to know first. */
const reportOf = ({ version, configPath, localApiUrl, hero, session, update, engines }: LiveStatus): string =>
  JSON.stringify({ version, hero, session, update, engines, configPath, localApiUrl }, null, 2);
