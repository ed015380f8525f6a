import type { ApiFinding } from '../../../local-api/contract/installation.ts';
import { sentence } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Panel } from '../../kit/panel.tsx';
import { ABOUT } from '../../words/about.ts';
import { usePage } from '../page-context.ts';
import { FINDING_LOOKS, inOrder, tally } from './findings.ts';

/** What the doctor says of this machine, the worst first. */
export function DoctorPanel() {
  const { model, actions } = usePage();
  const findings = model.findings.value;
  return (
    <Panel
      title={ABOUT.doctor}
      aside={
        <>
          <span class="note" role="status">
            {findings === undefined ? '' : tally(findings)}
          </span>
          <Button small icon="retry" onPress={actions.examine}>
            {findings === undefined ? ABOUT.examine : ABOUT.examineAgain}
          </Button>
        </>
      }
    >
      {findings === undefined ? (
        <div class="panel__body stack">
          <p class="t2">{ABOUT.doctorSay}</p>
          <CopyCommand command={ABOUT.doctorCommand} />
        </div>
      ) : (
        <ul class="rows">
          {inOrder(findings).map((finding) => (
            <FindingRow key={finding.id} finding={finding} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function FindingRow({ finding: { id, title, is, message, hint } }: { readonly finding: ApiFinding }) {
  const { tone, icon, word } = FINDING_LOOKS[is];
  return (
    <li class="row check-row" data-tone={tone}>
      <span class="tone">
        <Icon name={icon} />
        <span class="visually-hidden">{word}</span>
      </span>
      <div class="grow">
        <p class="medium">{sentence(title)}</p>
        <p class="note">{sentence(message)}</p>
        {hint !== undefined && <p class="note">{hint}</p>}
      </div>
      <span class="mono t3 sm">{id}</span>
    </li>
  );
}
