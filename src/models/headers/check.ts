import { WorkerError } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import { ByteReader, type HeaderProblem, Unreadable } from './bytes.ts';
import { ggmlTensorBytes, isGgml, skipGgmlHead } from './ggml.ts';
import { readGguf } from './gguf.ts';
import { readSafetensors } from './safetensors.ts';

/** A file whose bytes can be read at any offset. */
export interface ReadableFile {
  readonly sizeBytes: number;
  read(at: number, sizeBytes: number): Promise<Uint8Array>;
}

/** Formats whose headers we know, by the extension of the file. */
const READERS: ReadonlyMap<string, (bytes: Uint8Array, fileBytes: number) => unknown> = new Map([
  ['gguf', readGguf],
  ['safetensors', readSafetensors],
]);
const FIRST_READ_BYTES = 64 * KIB;
/** Several times the largest header in use, and parsed in less than a second; no more of a file is read. */
const MAX_HEADER_BYTES = 64 * MIB;

/** What servers send in place of a file: a web page, an error, the pointer of a large file that was not fetched. */
const IMPOSTORS: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(!doctype\s+html|html|head|body)\b/i, 'a web page'],
  [/^\s*<\?xml\b/i, 'an XML document'],
  [/^\s*\{\s*"(error|message|detail)"/i, 'an error message'],
  [/^version https:\/\/git-lfs\./, 'a Git LFS pointer'],
];

/**
 * Rejects a file that cannot be the model it is called, before a native engine reads it.
 *
 * @throws WorkerError `model.not-a-model` | `model.header-invalid` | `model.truncated`
 */
export async function checkModelFile(file: ReadableFile, filename: string): Promise<void> {
  const bytes = await checkForImpostor(file, filename);
  const ending = /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? '';
  if (ending === 'bin' && isGgml(bytes)) return await checkGgml({ file, filename, bytes });
  const read = READERS.get(ending);
  if (read !== undefined) await readHeader({ file, filename, bytes }, (header) => read(header, file.sizeBytes));
}

/**
 * Rejects what servers send in place of a file. Returns the first bytes.
 *
 * @throws WorkerError `model.not-a-model`
 */
export async function checkForImpostor(file: ReadableFile, filename: string): Promise<Uint8Array> {
  if (file.sizeBytes === 0) throw notAModel(filename, 'it is empty');
  const bytes = await file.read(0, Math.min(FIRST_READ_BYTES, file.sizeBytes));
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 256));
  const impostor = IMPOSTORS.find(([pattern]) => pattern.test(start));
  if (impostor !== undefined) throw notAModel(filename, `it is ${impostor[1]}`);
  return bytes;
}

interface HeaderSource {
  readonly file: ReadableFile;
  readonly filename: string;
  /** The first bytes of the file. */
  readonly bytes: Uint8Array;
}

/** Reads more of the file until the header is complete. */
async function readHeader<Header>(source: HeaderSource, read: (bytes: Uint8Array) => Header): Promise<Header> {
  const { file, filename } = source;
  for (let { bytes } = source; ;) {
    const header = outcomeOf(() => read(bytes));
    if (header.is === 'read') return header.value;
    if (header.is !== 'more') throw headerError(filename, header);
    const nextBytes = Math.min(bytes.byteLength * 4, MAX_HEADER_BYTES, file.sizeBytes);
    if (bytes.byteLength === file.sizeBytes)
      throw headerError(filename, { is: 'truncated', because: 'the file ends inside its header' });
    if (nextBytes === bytes.byteLength)
      throw headerError(filename, { is: 'invalid', because: 'its header does not end' });
    bytes = await file.read(0, nextBytes);
    // The file is cut while we read it: asking for more of it would never end.
    if (bytes.byteLength < nextBytes)
      throw headerError(filename, { is: 'truncated', because: 'it shrank while it was read' });
  }
}

/** More than any model of this format has, and still checked in a moment. */
const MAX_TENSORS = 10_000;
/** No description of a tensor is longer. */
const TENSOR_READ_BYTES = 256;

/** GGML has no list of its tensors: each is described in front of its data. */
async function checkGgml(source: HeaderSource): Promise<void> {
  const { file, filename } = source;
  let at = await readHeader(source, (bytes) => {
    const reader = new ByteReader(bytes);
    skipGgmlHead(reader);
    return reader.at;
  });
  for (let tensor = 0; at < file.sizeBytes && tensor < MAX_TENSORS; tensor++) {
    const reader = new ByteReader(await file.read(at, Math.min(TENSOR_READ_BYTES, file.sizeBytes - at)));
    const needs = outcomeOf(() => ggmlTensorBytes(reader));
    if (needs.is === 'more') throw headerError(filename, { is: 'truncated', because: 'it ends before a tensor does' });
    if (needs.is !== 'read') throw headerError(filename, needs);
    if (needs.value === undefined) return; // a type that the library may know and we do not
    at += reader.at + needs.value;
  }
  if (at > file.sizeBytes) {
    throw headerError(filename, {
      is: 'truncated',
      because: `its tensors need ${at} bytes and it has ${file.sizeBytes}`,
    });
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
  new WorkerError('model.not-a-model', `${filename} is not a model file: ${because}`, {
    hint: 'Give the model source the URL of the file itself, and one that needs no login.',
  });

/** The format by the extension, as people write it. */
const formatOf = (filename: string): string =>
  /\.gguf$/i.test(filename) ? 'GGUF' : /\.safetensors$/i.test(filename) ? 'safetensors' : 'GGML';

const headerError = (filename: string, problem: Exclude<HeaderProblem, { is: 'more' }>): WorkerError =>
  problem.is === 'truncated'
    ? new WorkerError('model.truncated', `${filename} is truncated: ${problem.because}`, {
        hint: 'Remove it with `studio-worker models rm`; the next job fetches it again.',
      })
    : new WorkerError(
        'model.header-invalid',
        `${filename} is not a valid ${formatOf(filename)} file: ${problem.because}`,
        {
          hint: 'Give the model source a file of the format that its extension names.',
        },
      );
