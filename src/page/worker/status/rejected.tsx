import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { Button, LinkButton } from '../../kit/button.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { StudioAnchor } from './studio.tsx';

const WORDS = STATUS.rejected;

/** Why the studio does not want this worker, and how to ask again. */
export function RejectedPanel({ status }: { readonly status: LiveStatus }) {
  const { askAgain } = usePage().actions;
  const { registration, studioUrl } = status;
  const reason = registration.state === 'rejected' ? registration.reason : '';
  return (
    <Panel title={STATUS.pending.title}>
      <div class="panel__body stack">
        <Facts
          facts={[
            { term: WORDS.reason, value: reason === '' ? WORDS.noReason : WORDS.quoted(reason) },
            { term: STATUS.studio.address, value: <StudioAnchor url={studioUrl} /> },
          ]}
        />
        <p class="t2">{WORDS.advice}</p>
        <div class="line">
          <Button look="primary" icon="retry" onPress={askAgain}>
            {WORDS.askAgain}
          </Button>
          <LinkButton href={hrefOf({ tab: 'config', at: 'studio' })}>{STATUS.register.choose}</LinkButton>
        </div>
      </div>
    </Panel>
  );
}
