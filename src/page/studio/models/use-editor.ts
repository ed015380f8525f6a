import { useState } from 'preact/hooks';
import type { ModelView } from '../../../contract/operator/views.ts';
import { usePage } from '../page-context.ts';
import type { ModelErrors } from './draft.ts';
import { type Edit, editOf, isSame, readEdit, startOf, switched } from './edit.ts';

/** One model as somebody edits it, until it is saved or put back. */
export interface EditorState {
  readonly edit: Edit;
  readonly errors: ModelErrors;
  /** Why it was not saved, or not shown as fields. */
  readonly refusal: string | undefined;
  readonly isChanged: boolean;
  readonly change: (next: Edit) => void;
  /** Goes over to fields or to a text; what was typed goes with it. */
  readonly editAs: (as: Edit['as']) => void;
  readonly reset: () => void;
  readonly save: () => Promise<void>;
}

/** `model`: undefined for a new one. */
export function useEditor(model: ModelView | undefined): EditorState {
  const { actions } = usePage();
  const [edit, setEdit] = useState<Edit>(startOf(model));
  const [errors, setErrors] = useState<ModelErrors>({});
  const [refusal, setRefusal] = useState<string | undefined>();
  const change = (next: Edit): void => {
    setEdit(next);
    setErrors({});
    setRefusal(undefined);
  };
  const editAs = (as: Edit['as']): void => {
    if (as === edit.as) return;
    const next = switched(edit);
    if ('problem' in next) setRefusal(next.problem);
    else change(next);
  };
  const save = async (): Promise<void> => {
    const read = readEdit(edit);
    if ('errors' in read) return setErrors(read.errors);
    if ('problem' in read) return setRefusal(read.problem);
    const asked = await actions.saveModel(read.draft, model === undefined);
    if (asked.is === 'refused') return setRefusal(asked.because);
    change(editOf(asked.answer, edit.as));
    actions.go({ tab: 'models', at: asked.answer.id });
  };
  const isChanged = model === undefined || !isSame(edit, model);
  return { edit, errors, refusal, isChanged, change, editAs, reset: () => change(startOf(model)), save };
}
