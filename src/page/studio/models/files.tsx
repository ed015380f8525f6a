import { useState } from 'preact/hooks';
import { FILE_ROLES } from '../../../contract/model-source.ts';
import { bytes } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button, IconButton } from '../../kit/button.tsx';
import { Field, FieldError, NumberInput, Select, TextInput } from '../../kit/field.tsx';
import { MODELS } from '../../words/studio/models.ts';
import { EMPTY_FILE, type FileForm, type ModelErrors } from './draft.ts';

const WORDS = MODELS.fields;

interface FilesProps {
  readonly files: readonly FileForm[];
  readonly errors: ModelErrors;
  readonly onChange: (files: readonly FileForm[]) => void;
}

/** The files that a worker fetches; one of them is edited at a time. */
export function Files({ files, errors, onChange }: FilesProps) {
  const [openAt, setOpenAt] = useState<number | undefined>();
  const add = (): void => {
    onChange([...files, EMPTY_FILE]);
    setOpenAt(files.length);
  };
  return (
    <fieldset class="stack stack--tight">
      <legend class="field__label">{WORDS.files}</legend>
      <FileList files={files} openAt={openAt} onOpen={setOpenAt} />
      {files.map((_, at) => (
        <FieldError key={at} id={`e-file-${at}`} error={errors[`file ${at}`]} />
      ))}
      {openAt !== undefined && files[openAt] !== undefined && (
        <FileFields
          file={files[openAt]}
          onChange={(file) => onChange(files.with(openAt, file))}
          onRemove={() => {
            onChange(files.toSpliced(openAt, 1));
            setOpenAt(undefined);
          }}
        />
      )}
      <div>
        <Button small icon="plus" onPress={add}>
          {MODELS.addFile}
        </Button>
      </div>
    </fieldset>
  );
}

interface FileListProps {
  readonly files: readonly FileForm[];
  readonly openAt: number | undefined;
  readonly onOpen: (at: number | undefined) => void;
}

function FileList({ files, openAt, onOpen }: FileListProps) {
  if (files.length === 0) return <p class="note">{MODELS.noFiles}</p>;
  return (
    <ul class="files">
      {files.map((file, at) => (
        <FileRow key={at} file={file} isOpen={at === openAt} onOpen={() => onOpen(at === openAt ? undefined : at)} />
      ))}
    </ul>
  );
}

interface FileRowProps {
  readonly file: FileForm;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}

function FileRow({ file, isOpen, onOpen }: FileRowProps) {
  const { role, filename, size, sha256 } = file;
  const name = filename === '' ? MODELS.newFile : filename;
  return (
    <li>
      <span class="mono clip1">{name}</span>
      <span class="num t2">{/^\d+$/.test(size) ? bytes(Number(size)) : ''}</span>
      <span class="t3 sm">{role}</span>
      <span>
        {sha256 === '' ? (
          <Badge plain tone="busy" icon="warn">
            {MODELS.noSha}
          </Badge>
        ) : (
          <Badge plain tone="ok" icon="verify">
            <span class="mono">{`${sha256.slice(0, 4)}…${sha256.slice(-4)}`}</span>
          </Badge>
        )}
      </span>
      <IconButton icon="more" label={MODELS.editFile(name)} expanded={isOpen} onPress={onOpen} />
    </li>
  );
}

interface FileFieldsProps {
  readonly file: FileForm;
  readonly onChange: (file: FileForm) => void;
  readonly onRemove: () => void;
}

function FileFields({ file, onChange, onRemove }: FileFieldsProps) {
  const set = (change: Partial<FileForm>): void => onChange({ ...file, ...change });
  /** The name follows the address until somebody typed another one. */
  const setUrl = (url: string): void =>
    set(file.filename === '' || file.filename === nameIn(file.url) ? { url, filename: nameIn(url) } : { url });
  return (
    <div class="stack stack--tight">
      <Field id="e-f-url" label={WORDS.url}>
        <TextInput id="e-f-url" mono value={file.url} placeholder={MODELS.address} onInput={setUrl} />
      </Field>
      <div class="pair">
        <Field id="e-f-name" label={WORDS.filename}>
          <TextInput id="e-f-name" mono value={file.filename} onInput={(filename) => set({ filename })} />
        </Field>
        <Field id="e-f-role" label={WORDS.role}>
          <Select
            id="e-f-role"
            label={WORDS.role}
            value={file.role}
            options={FILE_ROLES.map((role) => [role, role] as const)}
            onChange={(role) => set({ role })}
          />
        </Field>
      </div>
      <Field id="e-f-size" label={WORDS.size} aside={WORDS.optional}>
        <NumberInput id="e-f-size" unit="B" value={file.size} onInput={(size) => set({ size })} />
      </Field>
      <Field id="e-f-sha" label={WORDS.sha256} aside={WORDS.optional}>
        <TextInput id="e-f-sha" mono value={file.sha256} onInput={(sha256) => set({ sha256 })} />
      </Field>
      <div class="line">
        <Button small look="danger" icon="trash" onPress={onRemove}>
          {MODELS.removeFile}
        </Button>
      </div>
    </div>
  );
}

const nameIn = (url: string): string => URL.parse(url)?.pathname.split('/').at(-1) ?? '';
