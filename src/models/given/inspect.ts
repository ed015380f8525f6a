import { joinBytes } from '../../base/bytes.ts';
import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { KIB, SECOND_MS } from '../../base/units.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Remote } from '../../system/net/remote/remote.ts';
import { describeModel } from '../headers/describe.ts';

/** A file with a model, by its first bytes. */
export interface InspectedModel {
  readonly filename: string;
  /** Undefined where a server does not tell. */
  readonly sizeBytes: number | undefined;
  readonly engine: EngineName;
  readonly kind: TaskKindId;
}

/** Where files are looked at. */
export interface InspectDeps {
  readonly files: Pick<Files, 'stat' | 'openRead'>;
  readonly remote: Remote;
  /** Undefined where the file's header does not tell. */
  readonly hasPromptFormat: (path: string) => Promise<boolean | undefined>;
}

/** Where formats name what they hold. */
const START_BYTES = 64 * KIB;
const STALL_MS = 15 * SECOND_MS;

/**
 * Reads the beginning of a file on this machine, or of one at a URL.
 *
 * @throws WorkerError `cli.usage` when it is missing or no model that explains itself | `url.refused` | `download.failed`
 */
export async function inspectModel(pathOrUrl: string, deps: InspectDeps): Promise<InspectedModel> {
  const isUrl = /^https?:\/\//i.test(pathOrUrl);
  const { start, filename, sizeBytes } = isUrl
    ? await startAt(pathOrUrl, deps.remote)
    : await startOf(pathOrUrl, deps.files);
  const described = describeModel(start);
  if (described.is === 'unknown') throw unknown(pathOrUrl, described.because);
  const { engine, kind } = described;
  // Of a file at a URL this is known only once all of it is fetched.
  if (!isUrl && kind === 'llm' && (await deps.hasPromptFormat(pathOrUrl)) === false) throw isBaseModel(pathOrUrl);
  return { filename, sizeBytes, engine, kind };
}

type Start = Pick<InspectedModel, 'filename' | 'sizeBytes'> & { readonly start: Uint8Array };

/** The start of a file on this machine. @throws WorkerError `cli.usage` for a folder, and where there is nothing */
async function startOf(path: string, files: InspectDeps['files']): Promise<Start> {
  const facts = await files.stat(path);
  if (facts === undefined) throw new WorkerError('cli.usage', `<file>: ${path} does not exist`);
  if (!facts.isFile) throw new WorkerError('cli.usage', `<file>: ${path} is no regular file`);
  const filename = path.split(/[\\/]/).at(-1) ?? '';
  return { filename, sizeBytes: facts.sizeBytes, start: await firstBytes(files.openRead(path)) };
}

/**
 * The start of a file elsewhere; a server without ranges begins with all of it, and is hung up on.
 *
 * @throws WorkerError `url.refused` | `download.failed`
 */
async function startAt(url: string, remote: Remote): Promise<Start> {
  using answer = await remote.open({
    what: 'model',
    url,
    headers: { range: `bytes=0-${START_BYTES - 1}` },
    stallMs: STALL_MS,
    signal: new AbortController().signal,
  });
  if (answer.status !== 200 && answer.status !== 206) {
    throw new WorkerError('download.failed', `the server answered ${answer.status} for ${quoted(url)}`);
  }
  const total = /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
  const length = answer.status === 200 ? answer.headers['content-length'] : total;
  const filename = new URL(url).pathname.split('/').at(-1) ?? '';
  return {
    filename,
    sizeBytes: length === undefined ? undefined : Number(length),
    start: await firstBytes(answer.chunks),
  };
}

/** Stops reading once there is enough, which closes the file or the connection. */
async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes >= START_BYTES) break;
  }
  return joinBytes(parts).subarray(0, START_BYTES);
}

/** Each of its jobs would fail. */
const isBaseModel = (path: string): WorkerError =>
  new WorkerError('cli.usage', `${path} is a base model: it carries no chat template`, {
    hint: 'Add its instruction-tuned form, often called `-it`, `-instruct` or `-chat`.',
  });

const unknown = (pathOrUrl: string, because: string): WorkerError =>
  new WorkerError('cli.usage', `${pathOrUrl} does not say what to run it on: ${because}`, {
    hint: 'Describe the model with flags instead: `studio-worker studio models add --help` has examples.',
  });
