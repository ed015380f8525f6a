import { clockSeconds } from '../format.ts';
import { Button } from '../kit/button.tsx';
import { Banner } from '../kit/message.tsx';
import { SHARED, SHELL } from '../words/shared.ts';
import { STATUS } from '../words/status.ts';
import { usePage } from './page-context.ts';

/** Says on every other page that what it shows may be old; nothing while the worker answers. */
export function StaleBanner() {
  const { model, actions } = usePage();
  const link = model.link.value;
  if (link.is === 'signed-out') return <Banner tone="bad" lead={STATUS.signedOut.title} say={STATUS.signedOut.say} />;
  if (link.is !== 'lost') return null;
  return (
    <Banner
      tone="bad"
      lead={STATUS.offline.title}
      say={
        link.lastAt === undefined ? STATUS.offline.never : STATUS.offline.stale(SHARED.asOf(clockSeconds(link.lastAt)))
      }
      action={
        <Button icon="retry" onPress={actions.retryNow}>
          {SHELL.retryNow}
        </Button>
      }
    />
  );
}
