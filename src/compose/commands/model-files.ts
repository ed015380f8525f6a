import { joinBytes } from '../../base/bytes.ts';
import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { KIB, SECOND_MS } from '../../base/units.ts';
import type { InspectedModel, ModelFiles } from '../../cli/world/model-files.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { describeModel } from '../../models/headers/describe.ts';
import { localPlace, pathOf } from '../../models/store/layout.ts';
import { linkOrCopy } from '../../system/disk/given-file.ts';
import { chatTemplateAt } from '../engines/chat-template.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { offeredUrls } from '../model-store.ts';

/** Where formats name what they hold. */
const START_BYTES = 64 * KIB;
const STALL_MS = 15 * SECOND_MS;

/** Model files on this machine and elsewhere, as commands see them. */
export async function openModelFiles(named: string | undefined, effects: Effects): Promise<ModelFiles> {
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const config = await openConfig(await configPathOf(named, effects), effects, { log, readOnly: true });
  return {
    async inspect(pathOrUrl) {
      const isUrl = /^https?:\/\//i.test(pathOrUrl);
      const read = isUrl ? await startAt(pathOrUrl, effects, config) : await startOf(pathOrUrl, effects);
      const described = describeModel(read.start);
      if (described.is === 'unknown') throw unknown(pathOrUrl, described.because);
      if (!isUrl && described.kind === 'llm' && (await chatTemplateAt(pathOrUrl)) === false)
        throw isBaseModel(pathOrUrl);
      const { engine, kind } = described;
      return { filename: read.filename, sizeBytes: read.sizeBytes, engine, kind };
    },
    adopt: (path, model) => adopt(path, model, config.current.models_root),
  };
}

type Start = Pick<InspectedModel, 'filename' | 'sizeBytes'> & { readonly start: Uint8Array };

/** The start of a file on this machine. @throws WorkerError `cli.usage` for a folder, and where there is nothing */
async function startOf(path: string, { files }: Effects): Promise<Start> {
  const facts = await files.stat(path);
  if (facts === undefined) throw new WorkerError('cli.usage', `<file>: ${path} does not exist`);
  if (!facts.isFile) throw new WorkerError('cli.usage', `<file>: ${path} is no regular file`);
  const filename = path.split(/[\\/]/).at(-1) ?? '';
  return { filename, sizeBytes: facts.sizeBytes, start: await firstBytes(files.openRead(path)) };
}

/**
 * The start of a file elsewhere; a server without ranges begins with all of it, and is hung up on.
 *
 * @throws WorkerError `download.failed`
 */
async function startAt(url: string, effects: Effects, config: Parameters<typeof offeredUrls>[1]): Promise<Start> {
  using answer = await offeredUrls(effects, config).open({
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

/**
 * Gives a file of the operator's a place among the models, where its engine finds it, and returns that. No byte is
 * copied on one disk.
 */
async function adopt(
  path: string,
  { id, engine }: { readonly id: string; readonly engine: EngineName },
  root: string,
): Promise<string> {
  const place = localPlace(root, engine, id);
  if (place === undefined) throw new WorkerError('cli.usage', `--id is ${quoted(id)}, which no file can be called`);
  await linkOrCopy(path, pathOf(place));
  return pathOf(place);
}

/** Each of its jobs would fail. Of one at a URL this is known only once it is fetched. */
const isBaseModel = (path: string): WorkerError =>
  new WorkerError('cli.usage', `${path} is a base model: it carries no chat template`, {
    hint: 'Add its instruction-tuned form, often called `-it`, `-instruct` or `-chat`.',
  });

const unknown = (pathOrUrl: string, because: string): WorkerError =>
  new WorkerError('cli.usage', `${pathOrUrl} does not say what to run it on: ${because}`, {
    hint: 'Describe the model with flags instead: `studio-worker studio models add --help` has examples.',
  });
