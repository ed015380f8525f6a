import { WorkerError } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import { ByteReader, type HeaderProblem, Unreadable } from './bytes.ts';
import { ggmlTensorBytes, isGgml, passGgmlHead } from './ggml.ts';
import { readGguf } from './gguf.ts';
import { readSafetensors } from './safetensors.ts';

/** A file whose bytes can be asked for. */
export interface Readable {
  readonly sizeBytes: number;
  read(at: number, sizeBytes: number): Promise<Uint8Array>;
}

/** Formats whose headers we know, by the end of the file's name. */
const READERS: ReadonlyMap<string, (bytes: Uint8Array, fileBytes: number) => unknown> = new Map([
  ['gguf', readGguf],
  ['safetensors', readSafetensors],
]);
const FIRST_LOOK_BYTES = 64 * KIB;
/** Several times the largest header in use, and read through in less than a second; a file that wants more is not read further. */
const MOST_HEADER_BYTES = 64 * MIB;

/** What servers send in place of a file: a web page, an error, the pointer of a large file that was not fetched. */
const IMPOSTORS: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(!doctype\s+html|html|head|body)\b/i, 'a web page'],
  [/^\s*<\?xml\b/i, 'an XML document'],
  [/^\s*\{\s*"(error|message|detail)"/i, 'an error message'],
  [/^version https:\/\/git-lfs\./, 'a pointer of Git LFS'],
];

/**
 * Refuses a file that cannot be the model it is called, before a native engine reads it.
 *
 * @throws WorkerError `model.not-a-model` | `model.header-invalid` | `model.truncated`
 */
export async function checkModelFile(file: Readable, filename: string): Promise<void> {
  if (file.sizeBytes === 0) throw notAModel(filename, 'it is empty');
  const bytes = await file.read(0, Math.min(FIRST_LOOK_BYTES, file.sizeBytes));
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 256));
  const impostor = IMPOSTORS.find(([pattern]) => pattern.test(start));
  if (impostor !== undefined) throw notAModel(filename, `it is ${impostor[1]}`);
  const ending = /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? '';
  if (ending === 'bin' && isGgml(bytes)) return await checkGgml({ file, filename, bytes });
  const read = READERS.get(ending);
  if (read !== undefined) await readHeader({ file, filename, bytes }, (header) => read(header, file.sizeBytes));
}

interface Look {
  readonly file: Readable;
  readonly filename: string;
  /** The first of the file. */
  readonly bytes: Uint8Array;
}

/** Reads on until the header is whole. */
async function readHeader<Header>(look: Look, read: (bytes: Uint8Array) => Header): Promise<Header> {
  const { file, filename } = look;
  for (let { bytes } = look; ;) {
    const header = outcomeOf(() => read(bytes));
    if (header.is === 'read') return header.value;
    if (header.is !== 'more') throw unsound(filename, header);
    const wanted = Math.min(bytes.byteLength * 4, MOST_HEADER_BYTES, file.sizeBytes);
    if (bytes.byteLength === file.sizeBytes)
      throw unsound(filename, { is: 'truncated', because: 'it ends in its header' });
    if (wanted === bytes.byteLength) throw unsound(filename, { is: 'invalid', because: 'its header does not end' });
    bytes = await file.read(0, wanted);
    // Somebody cuts the file while we read it: asking for more of it would never end.
    if (bytes.byteLength < wanted) throw unsound(filename, { is: 'truncated', because: 'it got shorter meanwhile' });
  }
}

/** More than any model of this format has, and looked at in a moment. */
const MOST_TENSORS = 10_000;
/** No description of a tensor is longer. */
const TENSOR_LOOK_BYTES = 256;

/** This format has no list of its tensors: each is described where it lies. */
async function checkGgml(look: Look): Promise<void> {
  const { file, filename } = look;
  let at = await readHeader(look, (bytes) => {
    const reader = new ByteReader(bytes);
    passGgmlHead(reader);
    return reader.at;
  });
  for (let tensor = 0; at < file.sizeBytes && tensor < MOST_TENSORS; tensor++) {
    const reader = new ByteReader(await file.read(at, Math.min(TENSOR_LOOK_BYTES, file.sizeBytes - at)));
    const needs = outcomeOf(() => ggmlTensorBytes(reader));
    if (needs.is === 'more') throw unsound(filename, { is: 'truncated', because: 'it ends before a tensor does' });
    if (needs.is !== 'read') throw unsound(filename, needs);
    if (needs.value === undefined) return; // the library knows types that we do not
    at += reader.at + needs.value;
  }
  if (at > file.sizeBytes) {
    throw unsound(filename, { is: 'truncated', because: `its tensors need ${at} bytes and it has ${file.sizeBytes}` });
  }
}

function outcomeOf<Value>(read: () => Value): HeaderProblem | { readonly is: 'read'; readonly value: Value } {
  try {
    return { is: 'read', value: read() };
  } catch (thrown) {
    if (thrown instanceof Unreadable) return thrown.problem;
    throw thrown;
  }
}

const notAModel = (filename: string, because: string): WorkerError =>
  new WorkerError('model.not-a-model', `${filename} is no model: ${because}`, {
    hint: 'Give the model source the URL of the file itself, and one that needs no login.',
  });

const unsound = (filename: string, problem: Exclude<HeaderProblem, { is: 'more' }>): WorkerError =>
  problem.is === 'truncated'
    ? new WorkerError('model.truncated', `${filename} is not whole: ${problem.because}`, {
        hint: 'Remove it with `studio-worker models rm`, so that it is fetched again.',
      })
    : new WorkerError('model.header-invalid', `${filename} has no header of its format: ${problem.because}`, {
        hint: 'Give the model source a file of the format its name says.',
      });
