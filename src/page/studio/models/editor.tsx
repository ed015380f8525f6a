import { useState } from 'preact/hooks';
import type { ModelView } from '../../../contract/admin.ts';
import { writeJson } from '../../../contract/json.ts';
import { day } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { Segmented, TextArea } from '../../kit/field.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty } from '../../kit/message.tsx';
import { Dialog } from '../../kit/overlay.tsx';
import { SHARED } from '../../words/shared.ts';
import { MODELS } from '../../words/studio/models.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import {
  draftOf,
  EMPTY_MODEL,
  errorsIn,
  formOf,
  jsonOf,
  type ModelErrors,
  type ModelForm,
  readModel,
} from './draft.ts';
import { ModelFields } from './fields.tsx';

interface EditorProps {
  readonly isNew: boolean;
  /** As the address names it. */
  readonly id: string | undefined;
  readonly model: ModelView | undefined;
}

/** One model of the registry, to be changed, or a new one. */
export function EditorPane({ isNew, id, model }: EditorProps) {
  if (model === undefined && !isNew) {
    return (
      <section class="panel panel--pane split__detail" aria-label={MODELS.editor}>
        <Empty icon="models" {...(id === undefined ? MODELS.pick : MODELS.gone)} />
      </section>
    );
  }
  return <Editor model={model} />;
}

/** What is edited: fields, or the text of the whole. */
type Edit = { readonly as: 'form'; readonly form: ModelForm } | { readonly as: 'json'; readonly text: string };

function Editor({ model }: { readonly model: ModelView | undefined }) {
  const { actions } = usePage();
  const start: Edit = { as: 'form', form: model === undefined ? EMPTY_MODEL : formOf(model) };
  const [edit, setEdit] = useState<Edit>(start);
  const [errors, setErrors] = useState<ModelErrors>({});
  const [refusal, setRefusal] = useState<string | undefined>();
  const change = (next: Edit): void => {
    setEdit(next);
    setErrors({});
    setRefusal(undefined);
  };
  const save = async (): Promise<void> => {
    const read = readEdit(edit);
    if ('errors' in read) return setErrors(read.errors);
    if ('problem' in read) return setRefusal(read.problem);
    const asked = await actions.saveModel(read.draft, model === undefined);
    if (asked.is === 'refused') return setRefusal(asked.because);
    const { answer } = asked;
    change(edit.as === 'form' ? { as: 'form', form: formOf(answer) } : { as: 'json', text: jsonOf(answer) });
    actions.go({ tab: 'models', at: answer.id });
  };
  const isChanged = model === undefined || !isSame(edit, model);
  return (
    <section class="panel panel--pane split__detail" aria-label={MODELS.editor}>
      <EditorHead model={model} edit={edit} onChange={change} onProblem={setRefusal} />
      <div class="panel__scroll" tabIndex={0} role="region" aria-label={MODELS.editor}>
        <div class="panel__body stack">
          {edit.as === 'form' ? (
            <ModelFields
              form={edit.form}
              errors={errors}
              isNew={model === undefined}
              onChange={(form) => change({ as: 'form', form })}
            />
          ) : (
            <TextArea
              id="e-json"
              mono
              rows={24}
              label={MODELS.jsonLabel}
              value={edit.text}
              onInput={(text) => change({ as: 'json', text })}
            />
          )}
          {refusal !== undefined && (
            <p class="field__error" role="alert">
              <Icon name="failed" />
              {MODELS.notSaved(refusal)}
            </p>
          )}
        </div>
      </div>
      <div class="panel__foot panel__foot--do">
        {model !== undefined && <RemoveButton model={model} />}
        <span class="push line">
          <Button off={isChanged ? undefined : MODELS.unchanged} onPress={() => change(start)}>
            {MODELS.reset}
          </Button>
          <Button look="primary" save off={isChanged ? undefined : MODELS.unchanged} onPress={save}>
            {MODELS.save}
          </Button>
        </span>
      </div>
    </section>
  );
}

/** What an edit comes to, or what is wrong with it. */
function readEdit(edit: Edit): ReturnType<typeof readModel> | { readonly errors: ModelErrors } {
  if (edit.as === 'json') return readModel(edit.text);
  const errors = errorsIn(edit.form);
  return Object.keys(errors).length > 0 ? { errors } : { draft: draftOf(edit.form) };
}

const isSame = (edit: Edit, model: ModelView): boolean =>
  edit.as === 'json' ? edit.text === jsonOf(model) : writeJson(edit.form) === writeJson(formOf(model));

interface HeadProps {
  readonly model: ModelView | undefined;
  readonly edit: Edit;
  readonly onChange: (edit: Edit) => void;
  readonly onProblem: (problem: string) => void;
}

/** Name, and whether it is edited as a form or as a text; what was typed goes over from one to the other. */
function EditorHead({ model, edit, onChange, onProblem }: HeadProps) {
  const go = (as: Edit['as']): void => {
    if (as === edit.as) return;
    if (edit.as === 'form') return onChange({ as: 'json', text: jsonOf(draftOf(edit.form)) });
    const read = readModel(edit.text);
    if ('draft' in read) onChange({ as: 'form', form: formOf(read.draft) });
    else onProblem(read.problem);
  };
  return (
    <div class="panel__head">
      <a class="btn btn--quiet btn--sm btn--icon split__back" href={hrefOf({ tab: 'models' })}>
        <Icon name="back" />
        <span class="visually-hidden">{MODELS.back}</span>
      </a>
      <h2 class="clip1">{model === undefined ? MODELS.newModel : (model.displayName ?? model.id)}</h2>
      <div class="push line line--nowrap">
        {model !== undefined && <span class="note">{MODELS.changed(day(Date.parse(model.updatedAt)))}</span>}
        <Segmented
          label={MODELS.how}
          value={edit.as}
          onChange={go}
          choices={[
            { value: 'form', word: MODELS.form },
            { value: 'json', word: MODELS.json },
          ]}
        />
      </div>
    </div>
  );
}

function RemoveButton({ model }: { readonly model: ModelView }) {
  const { actions } = usePage();
  const [isOpen, setOpen] = useState(false);
  const remove = async (): Promise<void> => {
    if (!(await actions.removeModel(model.id))) return;
    setOpen(false);
    actions.go({ tab: 'models' });
  };
  return (
    <>
      <Button look="danger" icon="trash" onPress={() => setOpen(true)}>
        {MODELS.remove}
      </Button>
      {isOpen && (
        <Dialog
          label={MODELS.removeTitle(model.displayName ?? model.id)}
          onClose={() => setOpen(false)}
          foot={
            <>
              <Button onPress={() => setOpen(false)}>{SHARED.cancel}</Button>
              <Button look="danger-fill" onPress={remove}>
                {MODELS.removeDo}
              </Button>
            </>
          }
        >
          <p class="t2">{MODELS.removeSay}</p>
        </Dialog>
      )}
    </>
  );
}
