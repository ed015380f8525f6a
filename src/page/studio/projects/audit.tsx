import type { AuditEntry } from '../../../contract/operator/audit.ts';
import { moment } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { Empty } from '../../kit/message.tsx';
import { AUDIT } from '../../words/studio/audit.ts';
import { SHARED } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { ListPanel } from './listed.tsx';

/** Who changed what, and from where. */
export function AuditSection() {
  const { model, actions } = usePage();
  const older = model.olderAudit.value !== undefined && (
    <div class="panel__body line">
      <Button onPress={actions.readOlderAudit}>{AUDIT.older}</Button>
    </div>
  );
  return (
    <ListPanel
      title={AUDIT.list}
      list={model.audit.value}
      none={<Empty icon="logs" title={AUDIT.none.title} say={AUDIT.none.say} />}
      row={(entry) => <EntryRow key={entry.seq} entry={entry} />}
      foot={older}
    />
  );
}

function EntryRow({ entry }: { readonly entry: AuditEntry }) {
  const { now } = usePage().model;
  const { action, subject, at } = entry;
  return (
    <li class="row row--entry">
      <span class="num t3 sm">{moment(Date.parse(at), now.value)}</span>
      <div class="grow">
        <p>
          <span class="medium">{AUDIT.actions.get(action) ?? action}</span>{' '}
          {subject !== undefined && <Subject action={action} subject={subject} />}
        </p>
        <p class="note">{SHARED.list(notesOf(entry))}</p>
      </div>
    </li>
  );
}

/** A job can be looked at; what else was changed is often gone. */
function Subject({ action, subject }: { readonly action: string; readonly subject: string }) {
  if (!action.startsWith('job.')) return <span class="mono t2 sm">{subject}</span>;
  return (
    <a class="plain mono sm" href={hrefOf({ tab: 'jobs', at: subject })}>
      {subject}
    </a>
  );
}

/** Who did it, from where, and what there is to know of it. */
function notesOf({ actor, actorId, actorName, address, project, details = {} }: AuditEntry): readonly string[] {
  const known = Object.entries(details).filter(([, value]) => value !== undefined && value !== null);
  return [
    AUDIT.by(AUDIT.actors.get(actor) ?? actor, actorName ?? actorId),
    ...(address === undefined ? [] : [AUDIT.from(address)]),
    ...(project === undefined ? [] : [AUDIT.inProject(project)]),
    ...known.map(([name, value]) => AUDIT.detail(name, textOf(value))),
  ];
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(textOf).join(', ') : JSON.stringify(value);
}
