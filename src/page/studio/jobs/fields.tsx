import { useState } from 'preact/hooks';
import { MAX_INLINE_IMAGE_BYTES } from '../../../contract/limits.ts';
import { formatBytes } from '../../../base/units.ts';
import { Field, NumberInput, TextArea, TextInput } from '../../kit/field.tsx';
import { NEW_JOB } from '../../words/studio/jobs.ts';
import type { FieldName, FieldSpec, JobForm, JobFormErrors } from './draft.ts';

/** What is typed into the fields of a form. */
export interface FieldEntry {
  readonly form: JobForm;
  readonly errors: JobFormErrors;
  readonly onInput: (name: FieldName, value: string) => void;
}

/** Fields in their order; short ones beside each other. */
export function FieldPairs({ fields, ...entry }: FieldEntry & { readonly fields: readonly FieldSpec[] }) {
  const rows: FieldSpec[][] = [];
  for (const field of fields) {
    const last = rows.at(-1);
    if (isShort(field) && last !== undefined && last.length === 1 && last.every(isShort)) last.push(field);
    else rows.push([field]);
  }
  return (
    <>
      {rows.map((row) =>
        row.length === 1 ? (
          row.map((field) => <OneField key={field.name} field={field} {...entry} />)
        ) : (
          <div class="pair" key={row[0]?.name}>
            {row.map((field) => (
              <OneField key={field.name} field={field} {...entry} />
            ))}
          </div>
        ),
      )}
    </>
  );
}

const isShort = ({ type }: FieldSpec): boolean => type === 'whole' || type === 'number' || type === 'seed';

function OneField({ field, form, errors, onInput }: FieldEntry & { readonly field: FieldSpec }) {
  const { name, type, placeholder, unit } = field;
  const id = `j-${name}`;
  const shared = {
    id,
    value: form[name] ?? '',
    placeholder,
    error: errors[name],
    onInput: (value: string) => onInput(name, value),
  };
  return (
    <Field id={id} label={NEW_JOB.fields[name]} error={errors[name]}>
      {type === 'area' && <TextArea {...shared} rows={4} />}
      {type === 'text' && <TextInput {...shared} />}
      {isShort(field) && <NumberInput {...shared} unit={unit ?? ''} />}
      {type === 'file' && <ImageInput {...shared} />}
    </Field>
  );
}

interface ImageInputProps {
  readonly id: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (value: string) => void;
}

/** An image by its address, or one of this machine that travels with the job. */
function ImageInput({ id, value, error, onInput }: ImageInputProps) {
  const [file, setFile] = useState<string | undefined>();
  const [tooLarge, setTooLarge] = useState(false);
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    setTooLarge(chosen.size > MAX_INLINE_IMAGE_BYTES);
    if (chosen.size > MAX_INLINE_IMAGE_BYTES) return;
    onInput(await dataUrlOf(chosen));
    setFile(chosen.name);
  };
  const isFile = file !== undefined && value.startsWith('data:');
  return (
    <div class="stack stack--tight">
      <TextInput
        id={id}
        value={isFile ? NEW_JOB.chosen(file) : value}
        readOnly={isFile}
        placeholder={NEW_JOB.address}
        error={error}
        onInput={onInput}
      />
      <input
        type="file"
        accept="image/png,image/jpeg,image/webp"
        aria-label={NEW_JOB.chooseFile}
        onChange={(event) => void choose(event.currentTarget.files?.[0])}
      />
      {tooLarge && <p class="note">{NEW_JOB.tooLarge(formatBytes(MAX_INLINE_IMAGE_BYTES))}</p>}
    </div>
  );
}

/** The file as an address that holds it. */
async function dataUrlOf(file: File): Promise<string> {
  let characters = '';
  for (const byte of new Uint8Array(await file.arrayBuffer())) characters += String.fromCharCode(byte);
  return `data:${file.type};base64,${btoa(characters)}`;
}
