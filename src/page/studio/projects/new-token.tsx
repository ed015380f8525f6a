import { useState } from 'preact/hooks';
import type { ProjectView } from '../../../contract/operator/projects.ts';
import { type NewTokenView, type Scope, SCOPES, type TokenDraft } from '../../../contract/operator/tokens.ts';
import { Field, Select, TextInput } from '../../kit/field.tsx';
import { TOKENS } from '../../words/studio/tokens.ts';
import { usePage } from '../page-context.ts';
import { Checks, FormDialog } from './form.tsx';

const DAY_SECONDS = 86_400;
const ENDS = { never: undefined, month: 30 * DAY_SECONDS, quarter: 90 * DAY_SECONDS, year: 365 * DAY_SECONDS } as const;
type End = keyof typeof ENDS;
const END_CHOICES = [
  ['never', TOKENS.ends.never],
  ['month', TOKENS.ends.month],
  ['quarter', TOKENS.ends.quarter],
  ['year', TOKENS.ends.year],
] as const satisfies readonly (readonly [End, string])[];

/** A token as somebody fills in its form. */
interface TypedToken {
  readonly project: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly end: End;
}

function draftOf({ project, name, scopes, end }: TypedToken): TokenDraft {
  const [named, expiresInSeconds] = [name.trim(), ENDS[end]];
  return {
    project,
    scopes: [...scopes],
    ...(named !== '' && { name: named }),
    ...(expiresInSeconds !== undefined && { expiresInSeconds }),
  };
}

interface NewTokenProps {
  readonly projects: readonly ProjectView[];
  readonly onMade: (token: NewTokenView) => void;
  readonly onClose: () => void;
}

export function NewTokenDialog({ projects, onMade, onClose }: NewTokenProps) {
  const { actions } = usePage();
  const [typed, setTyped] = useState<TypedToken>({
    project: projects[0]?.name ?? '',
    name: '',
    scopes: ['create', 'read'],
    end: 'never',
  });
  return (
    <FormDialog
      label={TOKENS.createTitle}
      submit={TOKENS.createDo}
      onClose={onClose}
      onSubmit={async () => (typed.scopes.length === 0 ? undefined : await actions.createToken(draftOf(typed)))}
      onDone={onMade}
    >
      <TokenFields typed={typed} projects={projects} onChange={(change) => setTyped({ ...typed, ...change })} />
    </FormDialog>
  );
}

interface TokenFieldsProps {
  readonly typed: TypedToken;
  readonly projects: readonly ProjectView[];
  readonly onChange: (change: Partial<TypedToken>) => void;
}

const TokenFields = ({ typed, projects, onChange }: TokenFieldsProps) => (
  <>
    <Field id="t-name" label={TOKENS.name} aside={TOKENS.nameAside}>
      <TextInput id="t-name" value={typed.name} onInput={(name) => onChange({ name })} />
    </Field>
    <Field id="t-project" label={TOKENS.project}>
      <Select
        id="t-project"
        label={TOKENS.project}
        value={typed.project}
        options={projects.map(({ name }) => [name, name] as const)}
        onChange={(project) => onChange({ project })}
      />
    </Field>
    <Checks
      id="t-scope"
      label={TOKENS.may}
      choices={SCOPES.map((scope) => [scope, TOKENS.scopeNames[scope]] as const)}
      chosen={typed.scopes}
      error={typed.scopes.length === 0 ? TOKENS.noScope : undefined}
      onChange={(scopes) => onChange({ scopes })}
    />
    <Field id="t-end" label={TOKENS.end}>
      <Select
        id="t-end"
        label={TOKENS.end}
        value={typed.end}
        options={END_CHOICES}
        onChange={(end) => onChange({ end })}
      />
    </Field>
  </>
);
