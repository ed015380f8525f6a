import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/message.tsx';
import { Page } from '../kit/panel.tsx';
import { SHARED, SHELL } from '../words/shared.ts';
import { usePage } from './page-context.ts';

const WORDS = SHELL.superseded;

/** For a page that its browser does not let close itself: the window is elsewhere, and may come back here. */
export function SupersededPage() {
  const { actions } = usePage();
  const claim = (
    <Button look="primary" onPress={actions.claimWindow}>
      {WORDS.claim}
    </Button>
  );
  return (
    <Page title={SHARED.product}>
      <Empty icon="external" title={WORDS.title} say={WORDS.say} actions={claim} />
    </Page>
  );
}
