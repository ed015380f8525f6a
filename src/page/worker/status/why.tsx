import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { duration, sentence } from '../../format.ts';
import { Icon } from '../../kit/icons/icons.tsx';
import { Panel } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';

const WORDS = STATUS.why;

/** What keeps jobs away now, and why offers were rejected; nothing where neither is so. */
export function WhyPanel({ status }: { readonly status: LiveStatus }) {
  const { obstacles, offers } = status;
  if (obstacles.length === 0 && offers.rejections.length === 0) return null;
  return (
    <Panel title={obstacles.length > 0 ? WORDS.title : WORDS.rejected}>
      <ul class="rows">
        {obstacles.map(({ what, because }) => (
          <li key={what} class="row check-row" data-tone="busy">
            <span class="tone">
              <Icon name="warn" />
            </span>
            <p class="grow">{sentence(because)}</p>
            <span class="mono t3 sm">{what}</span>
          </li>
        ))}
        {offers.rejections.map((one) => (
          <Rejection key={one.rule} rejection={one} />
        ))}
      </ul>
    </Panel>
  );
}

type Rejected = LiveStatus['offers']['rejections'][number];

function Rejection({ rejection }: { readonly rejection: Rejected }) {
  const { rule, count, lastAt, lastBecause } = rejection;
  const ago = SHARED.ago(duration(usePage().model.now.value - lastAt));
  return (
    <li class="row check-row" data-tone="rest">
      <span class="tone">
        <Icon name="undo" />
      </span>
      <div class="grow">
        <p>{sentence(lastBecause)}</p>
        <p class="note">{WORDS.times(count, ago)}</p>
      </div>
      <span class="mono t3 sm">{rule}</span>
    </li>
  );
}
