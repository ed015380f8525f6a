import type { ModelView } from '../../../contract/operator/views.ts';
import { writeJson } from '../../../contract/json.ts';
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

/** What is edited: fields, or the text of the whole. */
export type Edit = { readonly as: 'form'; readonly form: ModelForm } | { readonly as: 'json'; readonly text: string };

/** A model to be edited as fields or as a text. */
export const editOf = (model: ModelView, as: Edit['as']): Edit =>
  as === 'form' ? { as, form: formOf(model) } : { as, text: jsonOf(model) };

/** What an editor opens with: the fields of a model, or the empty ones of a new one. */
export const startOf = (model: ModelView | undefined): Edit =>
  model === undefined ? { as: 'form', form: EMPTY_MODEL } : editOf(model, 'form');

/** The same model edited as text instead of fields, or the reverse; a text that is no model stays, with what is wrong. */
export function switched(edit: Edit): Edit | { readonly problem: string } {
  if (edit.as === 'form') return { as: 'json', text: jsonOf(draftOf(edit.form)) };
  const read = readModel(edit.text);
  return 'draft' in read ? { as: 'form', form: formOf(read.draft) } : read;
}

/** What an edit comes to, or what is wrong with it. */
export function readEdit(edit: Edit): ReturnType<typeof readModel> | { readonly errors: ModelErrors } {
  if (edit.as === 'json') return readModel(edit.text);
  const errors = errorsIn(edit.form);
  return Object.keys(errors).length > 0 ? { errors } : { draft: draftOf(edit.form) };
}

/** Whether an edit changes nothing of a model. */
export const isSame = (edit: Edit, model: ModelView): boolean =>
  edit.as === 'json' ? edit.text === jsonOf(model) : writeJson(edit.form) === writeJson(formOf(model));
