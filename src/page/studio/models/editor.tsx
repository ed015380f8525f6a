import { useState } from 'preact/hooks';
import type { ModelView } from '../../../contract/operator/views.ts';
import { day } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { Segmented, TextArea } from '../../kit/field.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty, Refusal } from '../../kit/message.tsx';
import { ActionDialog } from '../../kit/overlay.tsx';
import { MODELS } from '../../words/studio/models.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { ModelFields } from './fields.tsx';
import { type EditorState, useEditor } from './use-editor.ts';

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

function Editor({ model }: { readonly model: ModelView | undefined }) {
  const state = useEditor(model);
  const { refusal } = state;
  return (
    <section class="panel panel--pane split__detail" aria-label={MODELS.editor}>
      <EditorHead model={model} state={state} />
      <div class="panel__scroll" tabIndex={0} role="region" aria-label={MODELS.editor}>
        <div class="panel__body stack">
          <EditorBody isNew={model === undefined} state={state} />
          <Refusal say={refusal === undefined ? undefined : MODELS.notSaved(refusal)} />
        </div>
      </div>
      <EditorFoot model={model} state={state} />
    </section>
  );
}

/** The fields, or the text of the whole. */
function EditorBody({ isNew, state }: { readonly isNew: boolean; readonly state: EditorState }) {
  const { edit, errors, change } = state;
  if (edit.as === 'form') {
    return (
      <ModelFields form={edit.form} errors={errors} isNew={isNew} onChange={(form) => change({ as: 'form', form })} />
    );
  }
  return (
    <TextArea
      id="e-json"
      mono
      rows={24}
      label={MODELS.jsonLabel}
      value={edit.text}
      onInput={(text) => change({ as: 'json', text })}
    />
  );
}

interface EditorPartProps {
  readonly model: ModelView | undefined;
  readonly state: EditorState;
}

function EditorFoot({ model, state }: EditorPartProps) {
  const off = state.isChanged ? undefined : MODELS.unchanged;
  return (
    <div class="panel__foot panel__foot--do">
      {model !== undefined && <RemoveButton model={model} />}
      <span class="push line">
        <Button off={off} onPress={state.reset}>
          {MODELS.reset}
        </Button>
        <Button look="primary" save off={off} onPress={state.save}>
          {MODELS.save}
        </Button>
      </span>
    </div>
  );
}

/** Name, and whether it is edited as a form or as a text. */
function EditorHead({ model, state }: EditorPartProps) {
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
          value={state.edit.as}
          onChange={state.editAs}
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
  const remove = async (close: () => void): Promise<void> => {
    if (!(await actions.removeModel(model.id))) return;
    close();
    actions.go({ tab: 'models' });
  };
  return (
    <>
      <Button look="danger" icon="trash" onPress={() => setOpen(true)}>
        {MODELS.remove}
      </Button>
      {isOpen && (
        <ActionDialog
          label={MODELS.removeTitle(model.displayName ?? model.id)}
          submit={MODELS.removeDo}
          look="danger-fill"
          onClose={() => setOpen(false)}
          onSubmit={remove}
        >
          <p class="t2">{MODELS.removeSay}</p>
        </ActionDialog>
      )}
    </>
  );
}
