import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { duration, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Steps } from '../../kit/steps.tsx';
import { ABOUT } from '../../words/about.ts';
import { usePage } from '../page-context.ts';
import { updateLook } from './update.ts';

type Update = NonNullable<LiveStatus['update']>;

/** Is there a newer release, and what is done about it? */
export function UpdatePanel({ update }: { readonly update: LiveStatus['update'] }) {
  if (update === null) {
    return (
      <Panel title={ABOUT.update}>
        <div class="panel__body">
          <p class="t2">{ABOUT.say.none}</p>
        </div>
      </Panel>
    );
  }
  const { tone, icon, word } = updateLook(update);
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
        <UpdateWords update={update} />
        <UpdateButtons isUnderway={updateLook(update).step !== undefined} />
      </div>
    </Panel>
  );
}

function UpdateWords({ update }: { readonly update: Update }) {
  const { model } = usePage();
  const { say, step } = updateLook(update);
  const { because, pinned, lastCheckAt } = update;
  const { latest = null, heldBack = null } = model.updateCheck.value ?? {};
  return (
    <>
      <p class="t2">{step === undefined && latest !== null ? ABOUT.available(latest) : say}</p>
      {because !== undefined && <p class="t2">{sentence(because)}</p>}
      {heldBack !== null && <p class="t2">{ABOUT.heldBack(heldBack)}</p>}
      {step !== undefined && <Steps line now={step} steps={ABOUT.steps.map((title) => ({ title }))} />}
      {pinned !== undefined && <p class="note">{ABOUT.pinned(pinned)}</p>}
      <p class="note">
        {lastCheckAt === undefined ? ABOUT.neverChecked : ABOUT.lastCheck(duration(model.now.value - lastCheckAt))}
      </p>
    </>
  );
}

function UpdateButtons({ isUnderway }: { readonly isUnderway: boolean }) {
  const { model, actions } = usePage();
  const checked = model.updateCheck.value;
  const off = isUnderway ? ABOUT.underway : checked?.latest === null ? ABOUT.say.idle : undefined;
  return (
    <div class="line">
      <Button look="primary" icon="down" title={ABOUT.nowTitle} off={off} onPress={() => actions.update('newest')}>
        {ABOUT.now}
      </Button>
      <Button icon="search" onPress={actions.checkForUpdate}>
        {ABOUT.check}
      </Button>
      <Button
        icon="undo"
        title={ABOUT.rollBackTitle}
        off={isUnderway ? ABOUT.underway : undefined}
        onPress={() => actions.update('rollback')}
      >
        {ABOUT.rollBack}
      </Button>
    </div>
  );
}
