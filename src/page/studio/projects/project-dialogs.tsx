import { useState } from 'preact/hooks';
import { LIMIT_NAMES, type ProjectView } from '../../../contract/operator/projects.ts';
import { Field, NumberInput, TextInput, Toggle } from '../../kit/field.tsx';
import { PROJECTS } from '../../words/studio/projects.ts';
import type { FormOutcome } from '../outcome.ts';
import { usePage } from '../page-context.ts';
import { type LimitErrors, type LimitTexts, nameError, NO_LIMITS, readLimits, textsOf } from './draft.ts';
import { FormDialog } from './form.tsx';

interface DialogProps {
  readonly onClose: () => void;
}

interface LimitFieldsProps {
  readonly typed: LimitTexts;
  readonly errors: LimitErrors;
  readonly onChange: (typed: LimitTexts) => void;
}

const HELP: Partial<Record<keyof LimitTexts, { readonly help: string }>> = {
  maxPerDay: { help: PROJECTS.help.maxPerDay },
  maxArtifactBytes: { help: PROJECTS.help.maxArtifactBytes },
};

const LimitFields = ({ typed, errors, onChange }: LimitFieldsProps) => (
  <>
    <p class="t2">{PROJECTS.leaveEmpty}</p>
    {LIMIT_NAMES.map((name) => (
      <Field key={name} id={`p-${name}`} label={PROJECTS.facts[name]} {...HELP[name]} error={errors[name]}>
        <NumberInput
          id={`p-${name}`}
          value={typed[name]}
          unit={name === 'maxArtifactBytes' ? PROJECTS.units.gib : PROJECTS.units.jobs}
          placeholder={PROJECTS.noLimit}
          error={errors[name]}
          onInput={(text) => onChange({ ...typed, [name]: text })}
        />
      </Field>
    ))}
  </>
);

export function NewProjectDialog({ onClose }: DialogProps) {
  const { actions } = usePage();
  const [name, setName] = useState('');
  const [typed, setTyped] = useState(NO_LIMITS);
  const [errors, setErrors] = useState<LimitErrors & { readonly name?: string | undefined }>({});
  const submit = async (): Promise<FormOutcome<unknown> | undefined> => {
    const [read, wrongName] = [readLimits(typed, NO_LIMITS), nameError(name.trim())];
    const wrong = { ...('errors' in read && read.errors), name: wrongName };
    setErrors(wrong);
    if ('errors' in read || wrongName !== undefined) return undefined;
    return await actions.addProject({ name: name.trim(), ...read.limits });
  };
  return (
    <FormDialog label={PROJECTS.addTitle} submit={PROJECTS.addDo} onClose={onClose} onSubmit={submit}>
      <Field id="p-name" label={PROJECTS.name} help={PROJECTS.nameHelp} error={errors.name}>
        <TextInput id="p-name" mono required value={name} error={errors.name} onInput={setName} />
      </Field>
      <LimitFields typed={typed} errors={errors} onChange={setTyped} />
    </FormDialog>
  );
}

export function EditDialog({ project, onClose }: DialogProps & { readonly project: ProjectView }) {
  const { actions } = usePage();
  const [before] = useState(() => textsOf(project));
  const [typed, setTyped] = useState(before);
  const [errors, setErrors] = useState<LimitErrors>({});
  const submit = async (): Promise<FormOutcome<unknown> | undefined> => {
    const read = readLimits(typed, before);
    setErrors('errors' in read ? read.errors : {});
    if ('errors' in read) return undefined;
    if (Object.keys(read.limits).length === 0) return { is: 'refused', because: PROJECTS.unchanged };
    return await actions.changeProject(project.name, read.limits);
  };
  return (
    <FormDialog label={PROJECTS.editTitle(project.name)} submit={PROJECTS.save} onClose={onClose} onSubmit={submit}>
      <LimitFields typed={typed} errors={errors} onChange={setTyped} />
    </FormDialog>
  );
}

/** A name is never given again and jobs may be lost, so it is asked for. */
export function RemoveProjectDialog({ project, onClose }: DialogProps & { readonly project: ProjectView }) {
  const { actions } = usePage();
  const [force, setForce] = useState(false);
  return (
    <FormDialog
      label={PROJECTS.removeTitle(project.name)}
      submit={PROJECTS.remove}
      look="danger-fill"
      onClose={onClose}
      onSubmit={() => actions.removeProject(project.name, force)}
    >
      <p class="t2">{PROJECTS.removeSay}</p>
      <label class="line line--nowrap" for="p-force">
        <Toggle id="p-force" on={force} onChange={setForce} />
        {PROJECTS.removeForce}
      </label>
    </FormDialog>
  );
}
