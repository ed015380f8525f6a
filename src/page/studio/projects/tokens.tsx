import { useState } from 'preact/hooks';
import { type NewTokenView, type Scope, SCOPES, type TokenView } from '../../../contract/operator/tokens.ts';
import { duration } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty } from '../../kit/message.tsx';
import { ActionDialog } from '../../kit/overlay.tsx';
import { TOKENS } from '../../words/studio/tokens.ts';
import { usePage } from '../page-context.ts';
import { SecretDialog } from './form.tsx';
import { NewTokenDialog } from './new-token.tsx';
import { ListPanel } from './listed.tsx';
import { PROJECTS } from '../../words/studio/projects.ts';

/** Which programs may act for a project. */
export function TokensSection() {
  const { tokens, projects } = usePage().model;
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<NewTokenView | undefined>();
  const known = projects.value.is === 'read' ? projects.value.items : [];
  return (
    <>
      <ListPanel
        title={PROJECTS.section.tokens}
        list={tokens.value}
        none={<Empty icon="verify" title={TOKENS.none.title} say={TOKENS.none.say} />}
        aside={
          <Button icon="plus" onPress={() => setCreating(true)}>
            {TOKENS.create}
          </Button>
        }
        row={(token) => <TokenRow key={token.id} token={token} />}
      />
      {isCreating && <NewTokenDialog projects={known} onMade={setMade} onClose={() => setCreating(false)} />}
      {made !== undefined && (
        <SecretDialog
          label={TOKENS.madeTitle}
          say={TOKENS.madeSay}
          secret={made.token}
          what={TOKENS.token}
          copy={TOKENS.copy}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  );
}

const isScope = (name: string): name is Scope => SCOPES.some((scope) => scope === name);
const scopeWord = (name: string): string => (isScope(name) ? TOKENS.scopes[name] : name);

function TokenRow({ token }: { readonly token: TokenView }) {
  const { now } = usePage().model;
  const [isRevoking, setRevoking] = useState(false);
  const { id, name, project, scopes } = token;
  const leftMs = token.expiresAt === undefined ? undefined : Date.parse(token.expiresAt) - now.value;
  const end = leftMs === undefined ? TOKENS.forEver : leftMs > 0 ? TOKENS.expires(duration(leftMs)) : TOKENS.expired;
  return (
    <li class="row row--entry">
      <Icon name="verify" />
      <div class="grow">
        <p class="medium">
          {name ?? id} {name !== undefined && <span class="mono t3 sm">{id}</span>}
        </p>
        <p class="note">{TOKENS.say(project, scopes.map(scopeWord).join(', '), end)}</p>
      </div>
      <Button small look="danger" label={TOKENS.revokeToken(name ?? id)} onPress={() => setRevoking(true)}>
        {TOKENS.revoke}
      </Button>
      {isRevoking && <RevokeDialog token={token} onClose={() => setRevoking(false)} />}
    </li>
  );
}

function RevokeDialog({ token, onClose }: { readonly token: TokenView; readonly onClose: () => void }) {
  const { actions } = usePage();
  const revoke = async (close: () => void): Promise<void> => {
    if (await actions.revokeToken(token)) close();
  };
  return (
    <ActionDialog
      label={TOKENS.revokeTitle(token.name ?? token.id)}
      submit={TOKENS.revokeDo}
      look="danger-fill"
      save
      onClose={onClose}
      onSubmit={revoke}
    >
      <p class="t2">{TOKENS.revokeSay}</p>
    </ActionDialog>
  );
}
